#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "client/api/reply.h"
#include "client/commands/command.h"
#include "common/status.h"

namespace descent {

// Which checkpoint a command is to work on, and where to look for it.
struct CheckpointFlags {
  std::string checkpoint;  // JOB, JOB/latest, JOB/best, JOB/STEP, or a directory
  std::string state_directory;
  bool is_state_directory_named = false;
};

// `flags` outlives the command.
void AddCheckpointOptions(CLI::App& command, CheckpointFlags& flags);

// Whether a directory was named, and not a checkpoint of some coordinator.
bool IsDirectoryNamed(const CheckpointFlags& flags);

// The checkpoint's directory: as given, or as the coordinator says; where none runs and none is
// named, one is started for the question. Blocks.
Reply<std::string> ResolveDirectory(const CheckpointFlags& flags, const GlobalFlags& global);

// This process becomes a descent-worker with these arguments. Returns only if it cannot.
Status BecomeWorker(std::vector<std::string> arguments);

}  // namespace descent
