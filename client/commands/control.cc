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
    if (line.WantsNames()) console.Data(job.value().id + "\n");
    const bool is_done = job.value().state == control.reached;
    console.Say("job/" + job.value().id + " " + (is_done ? control.done : control.pending) +
                "\n  " + control.next + " " + job.value().id);
  }
  if (line.WantsDocument()) console.Document(JsonList(changed));
  return exit_code;
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
  for (const Control* control : {&kSuspend, &kResume, &kStop, &kCancel}) Add(app, line, *control);
}

}  // namespace descent
