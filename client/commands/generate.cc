#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <memory>

#include "client/commands/checkpoint_directory.h"
#include "client/commands/command.h"
#include "common/option_number.h"

namespace descent {
namespace {

struct GenerateFlags {
  CheckpointFlags checkpoint;
  std::string prompt;
  std::int64_t tokens = 300;
  double temperature = 0.8;
  std::int64_t top_k = 0;
  std::uint64_t seed = 0;
};

ExitCode Generate(const GenerateFlags& flags, const GlobalFlags& global, Console& console) {
  if (flags.prompt.empty()) {
    console.Error("--prompt is empty, must have at least one character");
    return ExitCode::kUsage;
  }
  const auto directory = ResolveDirectory(flags.checkpoint, global);
  if (!directory.ok()) return Report(console, directory.error());
  // With "=", so that a prompt which begins with a dash is no option.
  return Report(console,
                BecomeWorker({"--generate=" + directory.value(), "--prompt=" + flags.prompt,
                              "--tokens=" + std::to_string(flags.tokens),
                              fmt::format("--temperature={}", flags.temperature),
                              "--top-k=" + std::to_string(flags.top_k),
                              "--seed=" + std::to_string(flags.seed)}));
}

}  // namespace

void AddGenerate(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("generate", "Continue a text by a model that has learned from texts");
  const auto flags = std::make_shared<GenerateFlags>();
  AddCheckpointOptions(*command, flags->checkpoint);
  command->add_option("--prompt", flags->prompt, "The text to continue")->required();
  command->add_option("--tokens", flags->tokens, "How many tokens to add to it")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  command
      ->add_option("--temperature", flags->temperature,
                   "Below 1 likely tokens get likelier; 0: always the likeliest")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  command->add_option("--top-k", flags->top_k, "Draw from the K likeliest tokens; 0: from all")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  command->add_option("--seed", flags->seed, "Equal seeds give equal texts")->capture_default_str();
  line.OnChosen(command, [&line, flags](Console& console) {
    return Generate(*flags, line.flags(), console);
  });
}

}  // namespace descent
