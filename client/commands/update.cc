#include <spdlog/fmt/fmt.h>

#include <memory>
#include <string_view>

#include "client/commands/command.h"
#include "client/commands/labels.h"
#include "client/render/job_text.h"
#include "common/duration.h"

namespace descent {
namespace {

struct UpdateFlags {
  std::vector<std::string> names;
  std::optional<int> priority;
  std::optional<bool> is_preemptible;
  std::vector<std::string> labels;  // "KEY=VALUE" or "KEY-"
  std::string deadline;             // empty: stays
  std::optional<std::int64_t> retention_days;
};

constexpr std::string_view kNoDeadline = "none";

// What ParseDuration reads, or that there is none: 0. Empty: it is neither.
std::optional<std::int64_t> DeadlineOf(const std::string& text) {
  return text == kNoDeadline ? 0 : ParseDuration(text);
}

std::string DeadlineText(std::int64_t deadline, const JobView& job) {
  return deadline == 0
             ? std::string("no deadline")
             : fmt::format("a deadline of {}, and was active for {}", DurationText(deadline),
                           DurationText(static_cast<std::int64_t>(job.active_seconds)));
}

std::string RetentionText(std::int64_t days) {
  return days == 0 ? std::string("for ever") : fmt::format("for {} days after its end", days);
}

void SayWhatChanged(const UpdateFlags& flags, std::optional<std::int64_t> deadline,
                    const JobView& job, Console& console) {
  if (flags.priority || flags.is_preemptible)
    console.Say("job/" + job.id + " has priority " + std::to_string(job.priority) +
                (job.is_preemptible ? ", and gives way to jobs of higher priority" : ""));
  if (!flags.labels.empty())
    console.Say("job/" + job.id + " has " +
                (job.labels.empty() ? "no labels" : "labels " + LabelsText(job)));
  if (deadline) console.Say(fmt::format("job/{} has {}", job.id, DeadlineText(*deadline, job)));
  if (flags.retention_days)
    console.Say(fmt::format("job/{} is kept {}", job.id, RetentionText(*flags.retention_days)));
}

ExitCode Update(const CommandLine& line, const UpdateFlags& flags, Console& console) {
  if (!flags.priority && !flags.is_preemptible && flags.labels.empty() && flags.deadline.empty() &&
      !flags.retention_days) {
    console.Error(
        "update needs --priority, --preemptible, --label, --deadline or --retention-days");
    return ExitCode::kUsage;
  }
  std::optional<std::int64_t> deadline;
  if (!flags.deadline.empty()) {
    deadline = DeadlineOf(flags.deadline);
    if (!deadline) {
      console.Error(fmt::format("--deadline: \"{}\", must be {}, or {}", flags.deadline,
                                kDurationWanted, kNoDeadline));
      return ExitCode::kUsage;
    }
  }
  Client client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  std::vector<std::string> documents;
  for (const std::string& name : flags.names) {
    const auto job = client.UpdateJob(JobIdOf(name), {.priority = flags.priority,
                                                      .is_preemptible = flags.is_preemptible,
                                                      .labels = LabelChangeOf(flags.labels),
                                                      .deadline_seconds = deadline,
                                                      .retention_days = flags.retention_days});
    if (!job.ok()) {
      exit_code = Report(console, job.error());
      continue;
    }
    documents.push_back(job.value().json);
    if (line.WantsNames()) console.Data(job.value().id + "\n");
    SayWhatChanged(flags, deadline, job.value(), console);
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
  command
      ->add_option("--deadline", flags->deadline,
                   "How long it may be active in all, such as 90s, 10min or 3h; none: any time")
      ->type_name("TIME");
  command->add_option("--retention-days", flags->retention_days,
                      "Days for which it is known after its end; 0: for ever");
  line.OnChosen(
      command, [&line, flags](Console& console) { return Update(line, *flags, console); },
      NameForm::kHas);
}

}  // namespace descent
