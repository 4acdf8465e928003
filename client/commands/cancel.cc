#include <algorithm>
#include <memory>

#include "client/commands/command.h"

namespace descent {
namespace {

ExitCode Cancel(const CommandLine& line, const std::vector<std::string>& names, Console& console) {
  Client client(line.flags().server);
  ExitCode exit_code = ExitCode::kDone;
  std::vector<JobView> cancelled;
  for (const std::string& name : names) {
    const auto job = client.CancelJob(JobIdOf(name));
    if (!job.ok()) {
      exit_code = Report(console, job.error());
      continue;
    }
    cancelled.push_back(job.value());
    const bool is_done = job.value().IsTerminal();
    console.Say("job/" + job.value().id + (is_done ? " cancelled" : " is being cancelled") +
                "\n  see:      descent describe " + job.value().id);
  }
  if (line.WantsJson()) console.Data(JsonList(cancelled));
  return exit_code;
}

}  // namespace

void AddCancel(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("cancel", "Cancel jobs");
  const auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("jobs", *names, "Names of the jobs")->required();
  line.OnChosen(command,
                [&line, names](Console& console) { return Cancel(line, *names, console); });
}

}  // namespace descent
