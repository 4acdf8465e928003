#include <memory>

#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

ExitCode Describe(const CommandLine& line, const std::string& job, Console& console) {
  Client client(line.flags().endpoint);
  const auto found = client.GetJob(JobIdOf(job));
  if (!found.ok()) return Report(console, found.error());
  if (line.WantsDocument()) {
    console.Document(found.value().json);
    return ExitCode::kDone;
  }
  const auto attempts = client.ListJobAttempts(JobIdOf(job));
  if (!attempts.ok()) return Report(console, attempts.error());
  const double now = SecondsSinceEpoch();
  console.Data(JobDescription(found.value(), now));
  if (!attempts.value().empty())
    console.Data("\nAttempts:\n" + AttemptTable(attempts.value(), now));
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
