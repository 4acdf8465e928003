#include <algorithm>
#include <memory>

#include "client/commands/command.h"

namespace descent {
namespace {

// One command that changes the state of jobs.
struct Control {
  const char* name;
  const char* help;
  Reply<JobView> (Client::*call)(const std::string& id);
  const char* done;     // what it says of a job in state `reached`
  const char* pending;  // of one that is still on its way
  const char* reached;
  const char* next;  // a command that is useful now
};

constexpr Control kCancel{.name = "cancel",
                          .help = "Cancel jobs",
                          .call = &Client::CancelJob,
                          .done = "cancelled",
                          .pending = "is being cancelled",
                          .reached = "CANCELLED",
                          .next = "see:      descent describe"};
constexpr Control kSuspend{.name = "suspend",
                           .help = "Save the state of jobs and give their workers back",
                           .call = &Client::SuspendJob,
                           .done = "suspended",
                           .pending = "is being suspended: its workers save its state",
                           .reached = "SUSPENDED",
                           .next = "go on:    descent resume"};
constexpr Control kResume{.name = "resume",
                          .help = "Put suspended jobs back into the queue",
                          .call = &Client::ResumeJob,
                          .done = "waits in the queue",
                          .pending = "goes on",
                          .reached = "QUEUED",
                          .next = "follow:   descent watch"};
constexpr Control kStop{.name = "stop",
                        .help = "End jobs now and keep what they have learned",
                        .call = &Client::StopJob,
                        .done = "stopped",
                        .pending = "is being stopped: its workers save its state",
                        .reached = "SUCCEEDED",
                        .next = "see:      descent checkpoint ls"};

void ShowChanged(const CommandLine& line, const Control& control, const JobView& job,
                 Console& console) {
  if (line.WantsNames()) console.Data(job.id + "\n");
  const bool is_done = job.state == control.reached;
  console.Say("job/" + job.id + " " + (is_done ? control.done : control.pending) + "\n  " +
              control.next + " " + job.id);
}

ExitCode Perform(const CommandLine& line, const Control& control,
                 const std::vector<std::string>& names, Console& console) {
  Client client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  std::vector<JobView> changed;
  for (const std::string& name : names) {
    const auto job = (client.*control.call)(JobIdOf(name));
    if (!job.ok()) {
      exit_code = Report(console, job.error());
      continue;
    }
    changed.push_back(job.value());
    ShowChanged(line, control, job.value(), console);
  }
  if (line.WantsDocument()) console.Document(JsonList(changed));
  return exit_code;
}

ExitCode ShowCancelled(const CommandLine& line, const std::vector<JobView>& jobs,
                       Console& console) {
  for (const JobView& job : jobs) ShowChanged(line, kCancel, job, console);
  if (jobs.empty()) console.Say("no job that goes on matches");
  if (line.WantsDocument()) console.Document(JsonList(jobs));
  return ExitCode::kDone;
}

ExitCode Cancel(const CommandLine& line, const std::vector<std::string>& names,
                const std::string& filter, Console& console) {
  if (names.empty() == filter.empty()) {
    console.Error("cancel needs the names of jobs, or else a --filter");
    return ExitCode::kUsage;
  }
  if (names.size() == 1) return Perform(line, kCancel, names, console);
  std::vector<std::string> ids;
  for (const std::string& name : names) ids.push_back(JobIdOf(name));
  const auto jobs = Client(line.flags().endpoint).CancelJobs(ids, filter);
  if (jobs.ok()) return ShowCancelled(line, jobs.value(), console);
  // One that cannot be cancelled saves none of the others.
  const bool is_of_one = jobs.error().reason == "JOB_NOT_FOUND" ||
                         jobs.error().reason == "JOB_STATE_FORBIDS" ||
                         jobs.error().reason == "ROLE_REQUIRED";
  if (is_of_one && !names.empty()) return Perform(line, kCancel, names, console);
  return Report(console, jobs.error());
}

void AddCancel(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(kCancel.name, kCancel.help);
  const auto names = std::make_shared<std::vector<std::string>>();
  const auto filter = std::make_shared<std::string>();
  command->add_option("jobs", *names, "Names of the jobs");
  command->add_option("--filter", *filter, "Those that it holds for, as in descent ls");
  line.OnChosen(
      command,
      [&line, names, filter](Console& console) { return Cancel(line, *names, *filter, console); },
      NameForm::kHas);
}

void Add(CLI::App& app, CommandLine& line, const Control& control) {
  CLI::App* command = app.add_subcommand(control.name, control.help);
  const auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("jobs", *names, "Names of the jobs")->required();
  line.OnChosen(
      command,
      [&line, &control, names](Console& console) {
        return Perform(line, control, *names, console);
      },
      NameForm::kHas);
}

}  // namespace

void AddControl(CLI::App& app, CommandLine& line) {
  for (const Control* control : {&kSuspend, &kResume, &kStop}) Add(app, line, *control);
  AddCancel(app, line);
}

}  // namespace descent
