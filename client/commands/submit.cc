#include <algorithm>
#include <memory>
#include <utility>

#include "client/commands/command.h"
#include "client/commands/create_job.h"
#include "common/gang_capacity.h"

namespace descent {
namespace {

struct SubmitFlags {
  std::string file;
  std::vector<std::string> overrides;
  std::string resume;
  CreationFlags creation;
};

// A file with problems is not sent, so it is told here that no pool could hold its job. A pool has
// at least one worker.
std::vector<Violation> FindInfeasibility(const CommandLine& line, const JobSpec& spec) {
  if (spec.workers.min <= 1) return {};
  const auto cluster = Client(line.flags().endpoint).GetClusterStatus();
  if (!cluster.ok()) return {};
  const auto& pools = cluster.value().pools;
  const auto largest = std::ranges::max_element(pools, {}, &PoolView::world_size);
  if (largest == pools.end() || largest->world_size >= spec.workers.min) return {};
  return {GangInfeasible(spec.workers.min, largest->name, largest->world_size)};
}

ExitCode Submit(const CommandLine& line, const SubmitFlags& flags, Console& console) {
  CreateJobOptions options;
  if (!flags.resume.empty()) {
    const auto checkpoint = CheckpointNameOf(flags.resume);
    if (!checkpoint.ok()) return Report(console, checkpoint.error());
    options.resume_from = checkpoint.value();
  }
  JobFile file;
  if (!flags.file.empty()) {
    FindViolations find_more;
    if (!flags.creation.allows_infeasible)
      find_more = [&line](const JobSpec& spec) { return FindInfeasibility(line, spec); };
    auto loaded = LoadJobFile(console, flags.file, flags.overrides, find_more);
    if (!loaded.ok()) return loaded.error().exit_code;
    file = loaded.value();
    options.spec = file.spec;
  } else if (options.resume_from.empty() || !flags.overrides.empty()) {
    console.Error("submit needs a FILE; only --resume JOB/CHECKPOINT without --set can do without");
    return ExitCode::kUsage;
  }
  std::string subject = ShownFileName(flags.file);
  if (flags.file.empty()) subject.append("the spec of ").append(flags.resume);
  return CreateAndShow(line, flags.creation, std::move(options), {file, subject}, console);
}

}  // namespace

void AddSubmit(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("submit", "Create a job on a coordinator");
  const auto flags = std::make_shared<SubmitFlags>();
  command->add_option("file", flags->file, "Job file; - is stdin");
  AddSetOption(*command, flags->overrides);
  command->add_option("--resume", flags->resume, "Start from JOB/latest, JOB/best or JOB/STEP");
  AddCreationOptions(*command, flags->creation);
  line.OnChosen(
      command, [&line, flags](Console& console) { return Submit(line, *flags, console); },
      NameForm::kHas);
}

}  // namespace descent
