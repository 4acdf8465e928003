#include <memory>

#include "client/commands/command.h"

namespace descent {
namespace {

struct DeleteFlags {
  std::vector<std::string> names;
  bool keeps_checkpoints = false;
};

ExitCode Delete(const CommandLine& line, const DeleteFlags& flags, Console& console) {
  Client client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  for (const std::string& name : flags.names) {
    const std::string id = JobIdOf(name);
    if (const auto error = client.DeleteJob(id, flags.keeps_checkpoints)) {
      exit_code = Report(console, *error);
    } else {
      console.Say("job/" + id + " deleted" +
                  (flags.keeps_checkpoints ? "; its checkpoints are kept" : ""));
    }
  }
  return exit_code;
}

}  // namespace

void AddDelete(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "delete", "Forget jobs that are at their end: history, metrics and checkpoints");
  const auto flags = std::make_shared<DeleteFlags>();
  command->add_option("jobs", flags->names, "Names of the jobs")->required();
  command->add_flag("--keep-checkpoints", flags->keeps_checkpoints,
                    "Leave the files of their checkpoints");
  line.OnChosen(command,
                [&line, flags](Console& console) { return Delete(line, *flags, console); });
}

}  // namespace descent
