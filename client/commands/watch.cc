#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <memory>

#include "client/commands/command.h"
#include "client/failure_report.h"
#include "client/follow.h"
#include "client/interrupt.h"
#include "client/render/job_text.h"
#include "client/terminal_keys.h"
#include "client/watch_view.h"

namespace descent {
namespace {

constexpr char kDetachKey = 'q';

struct WatchFlags {
  std::string job;
  std::optional<double> timeout_seconds;
};

ExitCode Watch(const CommandLine& line, const WatchFlags& flags, Console& console) {
  Client client(line.flags().endpoint);
  const auto found = client.GetJob(JobIdOf(flags.job));
  if (!found.ok()) return Report(console, found.error());
  return WatchToEnd(line, client, console, found.value(), flags.timeout_seconds);
}

// Until the job's end, or until somebody has seen enough. The terminal is as it was afterwards.
Followed FollowOnTerminal(const CommandLine& line, Client& client, Console& console,
                          const JobView& job, const std::optional<double>& timeout_seconds) {
  TerminalKeys keys;
  WatchView view(client, line.flags().endpoint, console,
                 fmt::format("{} detaches, the job goes on", keys.AreThere() ? "q" : "Ctrl-C"));
  FollowOptions options;
  options.is_left = [&keys] { return keys.WasPressed(kDetachKey); };
  if (console.IsAnimated()) options.display = &view;
  if (timeout_seconds)
    options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(*timeout_seconds));
  return Follow(client, console, job, options);
}

}  // namespace

ExitCode WatchToEnd(const CommandLine& line, Client& client, Console& console, const JobView& job,
                    const std::optional<double>& timeout_seconds) {
  CatchInterrupts();
  const Followed followed = FollowOnTerminal(line, client, console, job, timeout_seconds);
  const std::string next = fmt::format("descent watch {0} | descent cancel {0}", job.id);
  switch (followed.end) {
    case FollowEnd::kLost:
      return Report(console, followed.error);
    case FollowEnd::kInterrupted:
      console.Say(fmt::format("detached; the job goes on: {}", next));
      return ExitCode::kInterrupted;
    case FollowEnd::kTimedOut:
      console.Error(fmt::format("not at its end after {}; the job goes on: {}",
                                TimeoutText(timeout_seconds.value_or(0)), next));
      return ExitCode::kTimedOut;
    case FollowEnd::kTrouble:
    case FollowEnd::kTerminal:
      break;
  }
  const JobView ended = WithLogTail(client, followed.job);
  if (line.WantsDocument())
    console.Document(ended.json);
  else
    console.Data(EndText(ended));
  if (ended.state == "FAILED") ReportJobFailure(console, ended);
  return OutcomeOf(followed.job);
}

void AddWatch(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "watch", "Follow a job to its end and exit with its outcome; q and Ctrl-C only detach");
  const auto flags = std::make_shared<WatchFlags>();
  command->add_option("job", flags->job, "Name of the job")->required();
  AddTimeoutOption(*command, flags->timeout_seconds);
  line.OnChosen(command, [&line, flags](Console& console) { return Watch(line, *flags, console); });
}

}  // namespace descent
