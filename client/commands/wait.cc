#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "client/api/job_watcher.h"
#include "client/commands/command.h"
#include "client/failure_report.h"
#include "client/follow.h"
#include "client/interrupt.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::milliseconds kWaitPollInterval{100};
constexpr int kAwaitedJobsMax = 100;  // each takes a stream and a thread

enum class Goal { kSucceeded, kTerminal };

struct WaitFlags {
  std::vector<std::string> names;
  std::optional<double> timeout_seconds;
  Goal goal = Goal::kSucceeded;
};

struct WaitedJob {
  JobView job;                          // as last seen
  std::unique_ptr<JobWatcher> watcher;  // none: there is nothing to wait for any more
  ExitCode outcome = ExitCode::kTimedOut;
};

// Jobs that are waited for at the same time.
class JobsWait {
 public:
  JobsWait(Client& client, Console& console, Goal goal, bool is_table)
      : client_(client), console_(console), goal_(goal), is_table_(is_table) {}

  void Add(const JobView& job) {
    jobs_.push_back({.job = job, .watcher = std::make_unique<JobWatcher>(client_, job.id)});
  }

  // Blocks until every job is at its end, the time is up or somebody interrupts.
  ExitCode Run(const std::optional<double>& timeout_seconds) {
    ConnectionNotice connection(console_);
    const Clock::time_point begin = Clock::now();
    const auto is_open = [](const WaitedJob& waited) { return waited.watcher != nullptr; };
    while (std::ranges::any_of(jobs_, is_open)) {
      if (InterruptCount() > 0) return Detach();
      const double waited_seconds = Seconds(Clock::now() - begin).count();
      if (timeout_seconds && waited_seconds > *timeout_seconds) return GiveUp(*timeout_seconds);
      connection.Show(LookAtEach());
    }
    return WorstOutcome();
  }

  std::vector<JobView> Jobs() const {
    std::vector<JobView> jobs;
    for (const WaitedJob& waited : jobs_) jobs.push_back(waited.job);
    return jobs;
  }

 private:
  // Whether the coordinator was there for each of them.
  bool LookAtEach() {
    bool is_connected = true;
    for (WaitedJob& waited : jobs_) {
      if (!waited.watcher) continue;
      const auto update = waited.watcher->Wait(kWaitPollInterval / static_cast<int>(jobs_.size()));
      is_connected = is_connected && update.is_connected;
      if (update.job) waited.job = *update.job;
      if (waited.job.IsTerminal())
        End(waited, goal_ == Goal::kTerminal ? ExitCode::kDone : OutcomeOf(waited.job));
      else if (update.error)
        End(waited, Report(console_, *update.error));
    }
    return is_connected;
  }

  void End(WaitedJob& waited, ExitCode outcome) {
    waited.watcher.reset();
    waited.outcome = outcome;
    if (is_table_ && waited.job.IsTerminal()) console_.Data(EndText(waited.job));
    if (outcome == ExitCode::kJobFailed)
      ReportJobFailure(console_, WithLogTail(client_, waited.job));
  }

  std::string OpenJobs() const {
    std::string text;
    for (const WaitedJob& waited : jobs_)
      if (waited.watcher)
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", waited.job.id, waited.job.state);
    return text;
  }

  ExitCode Detach() {
    console_.Say("waits no longer for what goes on: " + OpenJobs());
    return ExitCode::kInterrupted;
  }

  ExitCode GiveUp(double timeout_seconds) {
    console_.Error(
        fmt::format("not at their end after {}: {}", TimeoutText(timeout_seconds), OpenJobs()));
    return WorstOutcome();
  }

  ExitCode WorstOutcome() const {
    ExitCode worst = ExitCode::kDone;
    for (const WaitedJob& waited : jobs_) worst = WorseOf(worst, waited.outcome);
    return worst;
  }

  Client& client_;
  Console& console_;
  const Goal goal_;
  const bool is_table_;
  std::vector<WaitedJob> jobs_;
};

ExitCode Wait(const CommandLine& line, const WaitFlags& flags, Console& console) {
  Client client(line.flags().endpoint);
  JobsWait wait(client, console, flags.goal, !line.WantsDocument());
  CatchInterrupts();
  // A name with a typing error is told before hours are waited for the others.
  for (const std::string& name : flags.names) {
    const auto job = client.GetJob(JobIdOf(name));
    if (!job.ok()) return Report(console, job.error());
    wait.Add(job.value());
  }
  const ExitCode outcome = wait.Run(flags.timeout_seconds);
  if (line.WantsDocument()) console.Document(JsonList(wait.Jobs()));
  return outcome;
}

}  // namespace

void AddWait(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("wait", "Wait until jobs are at their end; exit with the worst outcome");
  const auto flags = std::make_shared<WaitFlags>();
  command->add_option("jobs", flags->names, "Names of the jobs")
      ->required()
      ->expected(1, kAwaitedJobsMax);
  AddTimeoutOption(*command, flags->timeout_seconds);
  command
      ->add_option("--for", flags->goal,
                   "succeeded: another end is a failure; terminal: any end will do [succeeded]")
      ->type_name("GOAL")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Goal>{
          {"succeeded", Goal::kSucceeded}, {"terminal", Goal::kTerminal}}));
  line.OnChosen(command, [&line, flags](Console& console) { return Wait(line, *flags, console); });
}

}  // namespace descent
