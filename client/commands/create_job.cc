#include "client/commands/create_job.h"

#include <spdlog/fmt/fmt.h>

#include "client/commands/labels.h"
#include "client/render/dry_run.h"

namespace descent {
namespace {

void PrintDryRun(const CommandLine& line, const JobView& job, Console& console) {
  if (line.WantsDocument()) {
    console.Document(job.json);
  } else if (line.WantsNames()) {
    console.Data(job.id + "\n");
  } else {
    console.Data(DryRunText(job));
  }
}

void PrintCreated(const CommandLine& line, Client& client, const JobView& job, Console& console) {
  if (line.WantsDocument())
    console.Document(job.json);
  else
    console.Data(job.id + "\n");
  const std::string position =
      job.queue_position > 0 ? fmt::format(", position {}", job.queue_position) : "";
  std::string text = fmt::format(
      "job/{0} created ({1}{2})\n  follow:   descent watch {0}\n"
      "  logs:     descent logs -f {0}\n"
      "  cancel:   descent cancel {0}",
      job.id, job.state, position);
  const auto cluster = client.GetClusterStatus();
  if (cluster.ok())
    text += fmt::format("\n  page:     {}/#/jobs/{}",
                        PageAddress(line.flags().endpoint, cluster.value()), job.id);
  console.Say(text);
}

}  // namespace

void AddCreationOptions(CLI::App& command, CreationFlags& flags) {
  command.add_option("--name", flags.job_id, "Name of the job [its spec's name and a suffix]");
  command.add_flag("--dry-run", flags.is_dry_run,
                   "Check the spec, say whether it would start now, and create nothing");
  command.add_flag("--allow-infeasible", flags.allows_infeasible,
                   "Let the job wait though even the largest pool is too small for it");
  command.add_flag("--follow", flags.follows, "Follow the job; Ctrl-C only detaches");
  command.add_option("--request-id", flags.request_id,
                     "Makes repeating the command safe: one job for one id");
  command.add_option("--priority", flags.priority, "0 to 100; higher is served first [50]");
  command.add_flag("--preemptible", flags.is_preemptible,
                   "May be suspended for jobs of higher priority");
  AddLabelOption(command, flags.labels);
}

ExitCode CreateAndShow(const CommandLine& line, const CreationFlags& flags,
                       CreateJobOptions options, const SpecSource& source, Console& console,
                       const Creation& create) {
  options.job_id = flags.job_id;
  options.request_id = flags.request_id.empty() ? RandomRequestId() : flags.request_id;
  options.priority = flags.priority;
  options.is_preemptible = flags.is_preemptible;
  options.validate_only = flags.is_dry_run;
  options.allows_infeasible = flags.allows_infeasible;
  options.labels = LabelsOf(flags.labels);
  Client client(line.flags().endpoint);
  const auto job = create(client, options);
  if (!job.ok()) {
    ApiError error = job.error();
    if (error.reason == "GANG_INFEASIBLE")
      error.message += "; --allow-infeasible lets the job wait for a larger one";
    return ReportSpecError(console, error, source.file, source.name);
  }
  if (flags.is_dry_run) {
    PrintDryRun(line, job.value(), console);
    return ExitCode::kDone;
  }
  if (!flags.follows) {
    PrintCreated(line, client, job.value(), console);
    return ExitCode::kDone;
  }
  console.Say("job/" + job.value().id + " created");
  return WatchToEnd(client, console, job.value(), line.WantsDocument());
}

}  // namespace descent
