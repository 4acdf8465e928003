#include "client/commands/checkpoint_directory.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/interrupt.h"
#include "client/local_cluster.h"
#include "common/child_process.h"

namespace descent {
namespace {

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
  Client client(Endpoint{cluster.value()->addresses().user});
  return FindDirectory(client, reference);
}

}  // namespace

bool IsDirectoryNamed(const CheckpointFlags& flags) {
  std::error_code ignored;
  return flags.checkpoint.starts_with('/') || flags.checkpoint.starts_with('.') ||
         std::filesystem::is_directory(flags.checkpoint, ignored);
}

Reply<std::string> ResolveDirectory(const CheckpointFlags& flags, const GlobalFlags& global) {
  if (IsDirectoryNamed(flags)) return flags.checkpoint;
  const auto name = CheckpointOrLatestNameOf(flags.checkpoint);
  if (!name.ok()) {
    ApiError error = name.error();
    error.message += ", or the directory of one";
    return error;
  }
  const CheckpointReference reference = SplitName(name.value());
  if (!flags.is_state_directory_named) {
    Client client(global.endpoint);
    const auto directory = FindDirectory(client, reference);
    if (directory.ok() || global.is_server_named) return directory;
    if (directory.error().exit_code != ExitCode::kUnreachable) return directory;
  }
  return FindDirectoryLocally(flags.state_directory, reference);
}

Status BecomeWorker(std::vector<std::string> arguments) {
  DESCENT_ASSIGN(const std::filesystem::path program, ProgramBeside("descent-worker"));
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  return Status(Code::kUnavailable, "cannot run " + arguments[0] + ": " + std::strerror(errno));
}

void AddCheckpointOptions(CLI::App& command, CheckpointFlags& flags) {
  flags.state_directory = DefaultStateDirectory();
  command
      .add_option("checkpoint", flags.checkpoint,
                  "JOB/latest, JOB/best, JOB/STEP or the directory of a checkpoint; JOB alone is "
                  "its latest")
      ->required();
  command
      .add_option_function<std::string>(
          "--state-dir",
          [&flags](const std::string& directory) {
            flags.state_directory = directory;
            flags.is_state_directory_named = true;
          },
          "Where to look for the job if no coordinator is running")
      ->default_str(flags.state_directory);
}

}  // namespace descent
