#include <memory>

#include "client/commands/command.h"
#include "client/commands/labels.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

struct UpdateFlags {
  std::string job;
  std::optional<int> priority;
  std::optional<bool> is_preemptible;
  std::vector<std::string> labels;  // "KEY=VALUE" or "KEY-"
};

ExitCode Update(const CommandLine& line, const UpdateFlags& flags, Console& console) {
  if (!flags.priority && !flags.is_preemptible && flags.labels.empty()) {
    console.Error("update needs --priority, --preemptible or --label");
    return ExitCode::kUsage;
  }
  Client client(line.flags().endpoint);
  const auto job = client.UpdateJob(JobIdOf(flags.job), {.priority = flags.priority,
                                                         .is_preemptible = flags.is_preemptible,
                                                         .labels = LabelChangeOf(flags.labels)});
  if (!job.ok()) return Report(console, job.error());
  if (line.WantsDocument()) console.Document(job.value().json);
  if (flags.priority || flags.is_preemptible)
    console.Say("job/" + job.value().id + " has priority " + std::to_string(job.value().priority) +
                (job.value().is_preemptible ? ", and gives way to jobs of higher priority" : ""));
  if (!flags.labels.empty())
    console.Say("job/" + job.value().id + " has " +
                (job.value().labels.empty() ? "no labels" : "labels " + LabelsText(job.value())));
  return ExitCode::kDone;
}

}  // namespace

void AddUpdate(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("update", "Change what may change of a job after its creation");
  const auto flags = std::make_shared<UpdateFlags>();
  command->add_option("job", flags->job, "Name of the job")->required();
  command->add_option("--priority", flags->priority, "0 to 100; higher is served first");
  command->add_option("--preemptible", flags->is_preemptible,
                      "true: it may be suspended for jobs of higher priority");
  AddLabelChangeOption(*command, flags->labels);
  line.OnChosen(command,
                [&line, flags](Console& console) { return Update(line, *flags, console); });
}

}  // namespace descent
