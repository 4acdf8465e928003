#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "client/child_process.h"
#include "client/commands/command.h"
#include "client/interrupt.h"
#include "client/local_cluster.h"

namespace descent {
namespace {

struct GenerateFlags {
  std::string checkpoint;
  std::string prompt;
  std::int64_t tokens = 300;
  double temperature = 0.8;
  std::int64_t top_k = 0;
  std::uint64_t seed = 0;
  std::string state_directory;
  bool is_state_directory_named = false;
};

// "jobs/x/checkpoints/latest" in its two parts.
struct CheckpointReference {
  std::string job;
  std::string step;  // a number, "latest" or "best"
};

CheckpointReference SplitName(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return {.job = JobIdOf(name.substr(0, name.rfind("/checkpoints/"))),
          .step = name.substr(slash + 1)};
}

bool IsNamed(const CheckpointView& checkpoint, const std::string& step) {
  const auto& aliases = checkpoint.aliases;
  return std::to_string(checkpoint.step) == step ||
         std::find(aliases.begin(), aliases.end(), step) != aliases.end();
}

Reply<std::string> FindDirectory(Client& client, const CheckpointReference& reference) {
  const auto checkpoints = client.ListCheckpoints(reference.job);
  if (!checkpoints.ok()) return checkpoints.error();
  std::string steps;
  for (const CheckpointView& checkpoint : checkpoints.value()) {
    if (IsNamed(checkpoint, reference.step)) return checkpoint.directory;
    steps += (steps.empty() ? "" : ", ") + std::to_string(checkpoint.step);
  }
  return ApiError{
      .exit_code = ExitCode::kNotFound,
      .reason = "",
      .message = fmt::format("{} has no checkpoint {}, there {}", reference.job, reference.step,
                             steps.empty() ? "are none yet" : "are " + steps)};
}

// A coordinator that lives only to say where the checkpoint is.
Reply<std::string> FindDirectoryLocally(const std::string& state_directory,
                                        const CheckpointReference& reference) {
  CatchInterrupts();
  const auto cluster = LocalCluster::Start(std::filesystem::absolute(state_directory));
  if (!cluster.ok())
    return ApiError{.exit_code = InterruptCount() > 0 ? ExitCode::kJobCancelled : ExitCode::kError,
                    .reason = "",
                    .message = cluster.status().message()};
  Client client(cluster.value()->user_address());
  return FindDirectory(client, reference);
}

Reply<std::string> ResolveDirectory(const GenerateFlags& flags, const GlobalFlags& global) {
  std::error_code ignored;
  const bool is_path = flags.checkpoint.starts_with('/') || flags.checkpoint.starts_with('.');
  if (is_path || std::filesystem::is_directory(flags.checkpoint, ignored)) return flags.checkpoint;
  const auto name = CheckpointNameOf(flags.checkpoint);
  if (!name.ok()) {
    ApiError error = name.error();
    error.message += ", or the directory of one";
    return error;
  }
  const CheckpointReference reference = SplitName(name.value());
  if (!flags.is_state_directory_named) {
    Client client(global.server);
    const auto directory = FindDirectory(client, reference);
    if (directory.ok() || global.is_server_named) return directory;
    if (directory.error().exit_code != ExitCode::kUnreachable) return directory;
  }
  return FindDirectoryLocally(flags.state_directory, reference);
}

// This process becomes the worker, which prints the text as it is drawn.
Status Become(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  return Status(Code::kUnavailable, "cannot run " + arguments[0] + ": " + std::strerror(errno));
}

ExitCode Generate(const GenerateFlags& flags, const GlobalFlags& global, Console& console) {
  if (flags.prompt.empty()) {
    console.Error("--prompt is empty, must have at least one character");
    return ExitCode::kUsage;
  }
  const Result<std::filesystem::path> program = ProgramBeside("descent-worker");
  if (!program.ok()) return Report(console, program.status());
  const auto directory = ResolveDirectory(flags, global);
  if (!directory.ok()) return Report(console, directory.error());
  // With "=", so that a prompt which begins with a dash is no option.
  return Report(
      console,
      Become({program.value().string(), "--generate=" + directory.value(),
              "--prompt=" + flags.prompt, "--tokens=" + std::to_string(flags.tokens),
              fmt::format("--temperature={}", flags.temperature),
              "--top-k=" + std::to_string(flags.top_k), "--seed=" + std::to_string(flags.seed)}));
}

}  // namespace

void AddGenerate(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("generate", "Continue a text by a model that has learned from texts");
  const auto flags = std::make_shared<GenerateFlags>();
  flags->state_directory = DefaultStateDirectory();
  command
      ->add_option("checkpoint", flags->checkpoint,
                   "JOB/latest, JOB/best, JOB/STEP or the directory of a checkpoint")
      ->required();
  command->add_option("--prompt", flags->prompt, "The text to continue")->required();
  command->add_option("--tokens", flags->tokens, "How many tokens to add to it")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--temperature", flags->temperature,
                   "Below 1 likely tokens get likelier; 0: always the likeliest")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--top-k", flags->top_k, "Draw from the K likeliest tokens; 0: from all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--seed", flags->seed, "Equal seeds give equal texts")->capture_default_str();
  CLI::Option* state = command
                           ->add_option("--state-dir", flags->state_directory,
                                        "Where to look for the job if no coordinator is running")
                           ->capture_default_str();
  line.OnChosen(command, [&line, flags, state](Console& console) {
    flags->is_state_directory_named = state->count() > 0;
    return Generate(*flags, line.flags(), console);
  });
}

}  // namespace descent
