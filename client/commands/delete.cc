#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/commands/command.h"
#include "client/commands/confirm.h"

namespace descent {
namespace {

struct DeleteFlags {
  std::vector<std::string> names;
  bool keeps_checkpoints = false;
};

std::string Question(const DeleteFlags& flags) {
  return fmt::format("delete {}: history, metrics and logs{}, for good?",
                     fmt::join(flags.names, ", "),
                     flags.keeps_checkpoints ? "" : ", and the checkpoints");
}

ExitCode DeleteJobs(const CommandLine& line, const DeleteFlags& flags, Console& console) {
  if (!IsConfirmed(line.flags(), console, Question(flags))) {
    console.Error("nothing was deleted");
    return ExitCode::kError;
  }
  Client client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  std::vector<std::string> documents;
  for (const std::string& name : flags.names) {
    const std::string id = JobIdOf(name);
    if (const auto error = client.DeleteJob(id, flags.keeps_checkpoints)) {
      exit_code = Report(console, *error);
      continue;
    }
    documents.push_back(fmt::format("{{\"name\":\"jobs/{}\"}}", id));
    if (line.WantsNames()) console.Data(id + "\n");
    console.Say("job/" + id + " deleted" +
                (flags.keeps_checkpoints ? "; its checkpoints are kept" : ""));
  }
  if (line.WantsDocument()) console.Document(fmt::format("[{}]", fmt::join(documents, ",")));
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
  line.OnChosen(
      command, [&line, flags](Console& console) { return DeleteJobs(line, *flags, console); },
      NameForm::kHas);
}

}  // namespace descent
