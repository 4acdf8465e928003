#include <memory>

#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

ExitCode Describe(const CommandLine& line, const std::string& job, Console& console) {
  const auto found = Client(line.flags().server).GetJob(JobIdOf(job));
  if (!found.ok()) return Report(console, found.error());
  console.Data(line.WantsJson() ? found.value().json + "\n"
                                : JobDescription(found.value(), SecondsSinceEpoch()));
  return ExitCode::kDone;
}

}  // namespace

void AddDescribe(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("describe", "Show one job in full");
  const auto job = std::make_shared<std::string>();
  command->add_option("job", *job, "Name of the job")->required();
  line.OnChosen(command, [&line, job](Console& console) { return Describe(line, *job, console); });
}

}  // namespace descent
