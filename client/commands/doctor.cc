#include <memory>

#include "client/commands/command.h"
#include "client/doctor/examine.h"
#include "client/doctor/findings.h"
#include "client/local_cluster.h"

namespace descent {
namespace {

ExitCode Doctor(const CommandLine& line, const std::string& state_directory, Console& console) {
  const std::vector<Finding> findings =
      Findings(Examine({.state_directory = state_directory,
                        .coordinator = line.flags().endpoint,
                        .is_coordinator_named = line.flags().is_server_named}));
  if (line.WantsDocument())
    console.Document(FindingsJson(findings));
  else
    console.Data(FindingsText(findings));
  return WorstOf(findings) == Verdict::kFail ? ExitCode::kError : ExitCode::kDone;
}

}  // namespace

void AddDoctor(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("doctor", "Check whether this machine can run jobs, and say what to fix");
  const auto state_directory = std::make_shared<std::string>(DefaultStateDirectory());
  command->add_option("--state-dir", *state_directory, "Where jobs and checkpoints will be kept")
      ->type_name("DIR")
      ->capture_default_str();
  line.OnChosen(command, [&line, state_directory](Console& console) {
    return Doctor(line, *state_directory, console);
  });
}

}  // namespace descent
