#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/commands/command.h"
#include "client/failure_report.h"
#include "client/follow.h"
#include "client/interrupt.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

ExitCode Watch(const CommandLine& line, const std::string& job, Console& console) {
  Client client(line.flags().endpoint);
  const auto found = client.GetJob(JobIdOf(job));
  if (!found.ok()) return Report(console, found.error());
  return WatchToEnd(client, console, found.value(), line.WantsDocument());
}

}  // namespace

ExitCode WatchToEnd(Client& client, Console& console, const JobView& job, bool wants_document) {
  CatchInterrupts();
  const Followed followed = Follow(client, console, job, {});
  if (followed.end == FollowEnd::kLost) return Report(console, followed.error);
  if (followed.end == FollowEnd::kInterrupted) {
    console.Say(
        fmt::format("detached; the job goes on: descent watch {0} | descent cancel {0}", job.id));
    return ExitCode::kInterrupted;
  }
  const JobView ended = WithLogTail(client, followed.job);
  if (wants_document)
    console.Document(ended.json);
  else
    console.Data(EndText(ended));
  if (ended.state == "FAILED") ReportJobFailure(console, ended);
  return OutcomeOf(followed.job);
}

void AddWatch(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "watch", "Follow a job to its end and exit with its outcome; Ctrl-C only detaches");
  const auto job = std::make_shared<std::string>();
  command->add_option("job", *job, "Name of the job")->required();
  line.OnChosen(command, [&line, job](Console& console) { return Watch(line, *job, console); });
}

}  // namespace descent
