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

ExitCode Attempts(const CommandLine& line, const std::string& job, Console& console) {
  const auto attempts =
      Client(line.flags().endpoint).ListJobAttempts(JobIdOf(job), line.WantsDocument());
  if (!attempts.ok()) return Report(console, attempts.error());
  if (line.WantsDocument())
    console.Document(JsonList(attempts.value()));
  else
    console.Data(AttemptTable(attempts.value(), SecondsSinceEpoch()));
  return ExitCode::kDone;
}

// A command that shows what was asked about one job.
void AddHistory(CLI::App* command, CommandLine& line,
                ExitCode (*show)(const CommandLine&, const std::string&, Console&)) {
  const auto job = std::make_shared<std::string>();
  command->add_option("job", *job, "Name of the job")->required();
  line.OnChosen(command,
                [&line, show, job](Console& console) { return show(line, *job, console); });
}

}  // namespace

void AddEvents(CLI::App& app, CommandLine& line) {
  AddHistory(app.add_subcommand("events", "Everything that happened to a job, in order"), line,
             Events);
}

void AddAttempts(CLI::App& app, CommandLine& line) {
  AddHistory(app.add_subcommand("attempts", "Each start of a job: where, from which step, its end"),
             line, Attempts);
}

}  // namespace descent
