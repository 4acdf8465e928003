#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/commands/command.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

ExitCode ListAll(const CommandLine& line, const std::string& job, Console& console) {
  const auto checkpoints = Client(line.flags().endpoint).ListCheckpoints(JobIdOf(job));
  if (!checkpoints.ok()) return Report(console, checkpoints.error());
  if (line.WantsDocument()) {
    console.Document(JsonList(checkpoints.value()));
  } else if (line.WantsNames()) {
    for (const CheckpointView& checkpoint : checkpoints.value())
      console.Data(fmt::format("{}/{}\n", JobIdOf(job), checkpoint.step));
  } else if (checkpoints.value().empty()) {
    console.Say("no checkpoints yet");
  } else {
    console.Data(CheckpointTable(checkpoints.value(), SecondsSinceEpoch()));
  }
  return ExitCode::kDone;
}

}  // namespace

void AddCheckpoint(CLI::App& app, CommandLine& line) {
  CLI::App* group =
      app.add_subcommand("checkpoint", "Save, list, export, pin, verify and delete checkpoints");
  group->require_subcommand(1);

  CLI::App* ls = group->add_subcommand("ls", "List the checkpoints of a job");
  const auto job = std::make_shared<std::string>();
  ls->add_option("job", *job, "Name of the job")->required();
  line.OnChosen(
      ls, [&line, job](Console& console) { return ListAll(line, *job, console); }, NameForm::kHas);

  AddCheckpointExport(*group, line);
  AddCheckpointControl(*group, line);
}

}  // namespace descent
