#include <memory>
#include <utility>

#include "client/commands/command.h"
#include "client/commands/create_job.h"

namespace descent {
namespace {

struct ForkFlags {
  std::string job;
  std::string from = "latest";
  std::vector<std::string> overrides;
  CreationFlags creation;
};

ExitCode Fork(const CommandLine& line, const ForkFlags& flags, Console& console) {
  const auto checkpoint = CheckpointNameOf(JobIdOf(flags.job) + "/" + flags.from);
  if (!checkpoint.ok()) return Report(console, checkpoint.error());
  const std::string& name = checkpoint.value();
  const auto fork = [&, step = name.substr(name.rfind('/') + 1)](Client& client,
                                                                 const CreateJobOptions& options) {
    return client.ForkJob(JobIdOf(flags.job), step, options);
  };
  CreateJobOptions options;
  options.overrides = flags.overrides;
  return CreateAndShow(line, flags.creation, std::move(options), {{}, "the fork of " + flags.job},
                       console, fork);
}

}  // namespace

void AddFork(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "fork", "Create a job that starts from a checkpoint of another, with its spec but for --set");
  const auto flags = std::make_shared<ForkFlags>();
  command->add_option("job", flags->job, "Job")->required();
  command->add_option("--from", flags->from, "Checkpoint: latest, best or a step [latest]");
  AddSetOption(*command, flags->overrides);
  AddCreationOptions(*command, flags->creation);
  line.OnChosen(
      command, [&line, flags](Console& console) { return Fork(line, *flags, console); },
      NameForm::kHas);
}

}  // namespace descent
