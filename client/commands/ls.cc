#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

ExitCode Ls(const CommandLine& line, Console& console) {
  const auto jobs = Client(line.flags().endpoint).ListJobs();
  if (!jobs.ok()) return Report(console, jobs.error());
  if (line.WantsJson()) {
    console.Data(JsonList(jobs.value()));
  } else if (jobs.value().empty()) {
    console.Say("no jobs; create one: descent submit FILE");
  } else {
    console.Data(JobTable(jobs.value(), SecondsSinceEpoch()));
  }
  return ExitCode::kDone;
}

}  // namespace

void AddLs(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("ls", "List the jobs, newest first");
  line.OnChosen(command, [&line](Console& console) { return Ls(line, console); });
}

}  // namespace descent
