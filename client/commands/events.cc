#include <memory>

#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

ExitCode Events(const CommandLine& line, const std::string& job, Console& console) {
  const auto events = Client(line.flags().endpoint).ListJobEvents(JobIdOf(job));
  if (!events.ok()) return Report(console, events.error());
  if (line.WantsDocument())
    console.Document(JsonList(events.value()));
  else
    console.Data(EventTable(events.value(), SecondsSinceEpoch()));
  return ExitCode::kDone;
}

}  // namespace

void AddEvents(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("events", "Everything that happened to a job, in order");
  const auto job = std::make_shared<std::string>();
  command->add_option("job", *job, "Name of the job")->required();
  line.OnChosen(command, [&line, job](Console& console) { return Events(line, *job, console); });
}

}  // namespace descent
