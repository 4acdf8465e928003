#include <map>
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
  std::map<std::string, std::string> given;  // to the worker, which has flags of the same names
};

ExitCode Predict(const PredictFlags& flags, const GlobalFlags& global, Console& console) {
  const auto directory = ResolveDirectory(flags.checkpoint, global);
  if (!directory.ok()) return Report(console, directory.error());
  std::vector<std::string> arguments = {"--predict=" + directory.value()};
  for (const auto& [flag, value] : flags.given)
    if (!value.empty()) arguments.push_back(flag + "=" + value);
  return Report(console, BecomeWorker(std::move(arguments)));
}

}  // namespace

void AddPredict(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "predict", "Say what a model makes of samples: classes with probabilities, or numbers");
  const auto flags = std::make_shared<PredictFlags>();
  AddCheckpointOptions(*command, flags->checkpoint);
  const auto add = [&](const char* flag, const char* what) {
    return command->add_option(flag, flags->given[flag], what);
  };
  add("--data", "The samples: a path of the kind that the job's data.train has")->required();
  add("--format", "The format of the samples, where it is not the job's: csv, npy, idx, …");
  add("--features", "Of npz: the array of features, where it is not the job's");
  add("--labels", "Where the labels are: a file of npy, an array of npz, a column of csv and tsv");
  add("--targets", "The same of numbers to predict");
  add("--output", "Write to this .csv or .npy file; without it, CSV goes to stdout");
  line.OnChosen(
      command, [&line, flags](Console& console) { return Predict(*flags, line.flags(), console); });
}

}  // namespace descent
