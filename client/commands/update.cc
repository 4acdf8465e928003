#include <memory>

#include "client/commands/command.h"
#include "client/commands/labels.h"
#include "client/render/job_text.h"

namespace descent {
namespace {

struct UpdateFlags {
  std::vector<std::string> names;
  std::optional<int> priority;
  std::optional<bool> is_preemptible;
  std::vector<std::string> labels;  // "KEY=VALUE" or "KEY-"
};

void SayWhatChanged(const UpdateFlags& flags, const JobView& job, Console& console) {
  if (flags.priority || flags.is_preemptible)
    console.Say("job/" + job.id + " has priority " + std::to_string(job.priority) +
                (job.is_preemptible ? ", and gives way to jobs of higher priority" : ""));
  if (!flags.labels.empty())
    console.Say("job/" + job.id + " has " +
                (job.labels.empty() ? "no labels" : "labels " + LabelsText(job)));
}

ExitCode Update(const CommandLine& line, const UpdateFlags& flags, Console& console) {
  if (!flags.priority && !flags.is_preemptible && flags.labels.empty()) {
    console.Error("update needs --priority, --preemptible or --label");
    return ExitCode::kUsage;
  }
  Client client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  std::vector<std::string> documents;
  for (const std::string& name : flags.names) {
    const auto job = client.UpdateJob(JobIdOf(name), {.priority = flags.priority,
                                                      .is_preemptible = flags.is_preemptible,
                                                      .labels = LabelChangeOf(flags.labels)});
    if (!job.ok()) {
      exit_code = Report(console, job.error());
      continue;
    }
    documents.push_back(job.value().json);
    if (line.WantsNames()) console.Data(job.value().id + "\n");
    SayWhatChanged(flags, job.value(), console);
  }
  if (line.WantsDocument()) PrintDocuments(console, documents, flags.names.size());
  return exit_code;
}

}  // namespace

void AddUpdate(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("update", "Change what may change of jobs after their creation");
  const auto flags = std::make_shared<UpdateFlags>();
  command->add_option("jobs", flags->names, "Names of the jobs")->required();
  command->add_option("--priority", flags->priority, "0 to 100; higher is served first");
  command->add_option("--preemptible", flags->is_preemptible,
                      "true: it may be suspended for jobs of higher priority");
  AddLabelChangeOption(*command, flags->labels);
  line.OnChosen(
      command, [&line, flags](Console& console) { return Update(line, *flags, console); },
      NameForm::kHas);
}

}  // namespace descent
