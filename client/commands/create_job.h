#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/api/client.h"
#include "client/commands/command.h"

namespace descent {

// What every command that creates a job lets its user choose.
struct CreationFlags {
  std::string job_id;
  std::string request_id;
  std::optional<int> priority;
  bool is_preemptible = false;
  bool is_suspended = false;
  bool is_dry_run = false;
  bool allows_infeasible = false;
  bool follows = false;
  std::optional<double> timeout_seconds;  // of the following
  std::vector<std::string> labels;        // "KEY=VALUE"
};

void AddCreationOptions(CLI::App& command, CreationFlags& flags);

// Where a refused field stands, for people.
struct SpecSource {
  JobFile file;
  std::string name;
};

// How a job is created of what was chosen.
using Creation = std::function<Reply<JobView>(Client& client, const CreateJobOptions& options)>;

// Creates the job, or only asks whether it could be, and prints what became of it; follows it to
// its end if the flags say so.
ExitCode CreateAndShow(const CommandLine& line, const CreationFlags& flags,
                       CreateJobOptions options, const SpecSource& source, Console& console,
                       const Creation& create = &Client::CreateJob);

}  // namespace descent
