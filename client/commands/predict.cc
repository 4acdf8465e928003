#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/commands/checkpoint_directory.h"
#include "client/commands/command.h"

namespace descent {
namespace {

struct PredictFlags {
  CheckpointFlags checkpoint;
  std::string data;
  std::string output;
};

ExitCode Predict(const PredictFlags& flags, const GlobalFlags& global, Console& console) {
  const auto directory = ResolveDirectory(flags.checkpoint, global);
  if (!directory.ok()) return Report(console, directory.error());
  std::vector<std::string> arguments = {"--predict=" + directory.value(), "--data=" + flags.data};
  if (!flags.output.empty()) arguments.push_back("--output=" + flags.output);
  return Report(console, BecomeWorker(std::move(arguments)));
}

}  // namespace

void AddPredict(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "predict", "Say what a model makes of samples: classes with probabilities, or numbers");
  const auto flags = std::make_shared<PredictFlags>();
  AddCheckpointOptions(*command, flags->checkpoint);
  command
      ->add_option("--data", flags->data,
                   "The samples: a path of the kind that the job's data.train has")
      ->required();
  command->add_option("--output", flags->output,
                      "Write to this .csv or .npy file; without it, CSV goes to stdout");
  line.OnChosen(
      command, [&line, flags](Console& console) { return Predict(*flags, line.flags(), console); });
}

}  // namespace descent
