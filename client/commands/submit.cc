#include <memory>
#include <utility>

#include "client/commands/command.h"
#include "client/commands/create_job.h"

namespace descent {
namespace {

struct SubmitFlags {
  std::string file;
  std::vector<std::string> overrides;
  std::string resume;
  CreationFlags creation;
};

ExitCode Submit(const CommandLine& line, const SubmitFlags& flags, Console& console) {
  CreateJobOptions options;
  if (!flags.resume.empty()) {
    const auto checkpoint = CheckpointNameOf(flags.resume);
    if (!checkpoint.ok()) return Report(console, checkpoint.error());
    options.resume_from = checkpoint.value();
  }
  JobFile file;
  if (!flags.file.empty()) {
    auto loaded = LoadJobFile(console, flags.file, flags.overrides);
    if (!loaded.ok()) return loaded.error().exit_code;
    file = loaded.value();
    options.spec = file.spec;
  } else if (options.resume_from.empty() || !flags.overrides.empty()) {
    console.Error("submit needs a FILE; only --resume JOB/CHECKPOINT without --set can do without");
    return ExitCode::kUsage;
  }
  return CreateAndShow(line, flags.creation, std::move(options), {file, flags.file}, console);
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
