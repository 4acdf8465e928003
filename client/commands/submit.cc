#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/commands/command.h"
#include "client/render/dry_run.h"

namespace descent {
namespace {

struct SubmitFlags {
  std::string file;
  std::string job_id;
  std::vector<std::string> overrides;
  std::string request_id;
  std::string resume;
  std::optional<int> priority;
  bool is_preemptible = false;
  bool is_dry_run = false;
  bool follows = false;
};

ExitCode PrintDryRun(const CommandLine& line, Client& client, const JobView& job,
                     Console& console) {
  if (line.WantsJson()) {
    console.Data(job.json + "\n");
    return ExitCode::kDone;
  }
  const auto cluster = client.GetClusterStatus();
  if (!cluster.ok()) return Report(console, cluster.error());
  console.Data(DryRunText(job.spec, cluster.value()));
  return ExitCode::kDone;
}

void PrintCreated(const CommandLine& line, Client& client, const JobView& job, Console& console) {
  console.Data(line.WantsJson() ? job.json + "\n" : job.id + "\n");
  const std::string position =
      job.queue_position > 0 ? fmt::format(", position {}", job.queue_position) : "";
  std::string text = fmt::format(
      "job/{0} created ({1}{2})\n  follow:   descent watch {0}\n"
      "  cancel:   descent cancel {0}",
      job.id, job.state, position);
  const auto cluster = client.GetClusterStatus();
  if (cluster.ok() && !cluster.value().http_address.empty())
    text += fmt::format("\n  metrics:  {}://{}/metrics",
                        line.flags().endpoint.credentials.ca.empty() ? "http" : "https",
                        cluster.value().http_address);
  console.Say(text);
}

ExitCode Submit(const CommandLine& line, const SubmitFlags& flags, Console& console) {
  CreateJobOptions options{.job_id = flags.job_id, .validate_only = flags.is_dry_run};
  options.priority = flags.priority;
  options.is_preemptible = flags.is_preemptible;
  options.request_id = flags.request_id.empty() ? RandomRequestId() : flags.request_id;
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
  Client client(line.flags().endpoint);
  const auto job = client.CreateJob(options);
  if (!job.ok()) return ReportSpecError(console, job.error(), file, flags.file);
  if (flags.is_dry_run) return PrintDryRun(line, client, job.value(), console);
  if (!flags.follows) {
    PrintCreated(line, client, job.value(), console);
    return ExitCode::kDone;
  }
  console.Say("job/" + job.value().id + " created");
  return WatchToEnd(client, console, job.value(), line.WantsJson());
}

}  // namespace

void AddSubmit(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("submit", "Create a job on a coordinator");
  const auto flags = std::make_shared<SubmitFlags>();
  command->add_option("file", flags->file, "Job file; - is stdin");
  command->add_option("--name", flags->job_id, "Name of the job [its spec's name and a suffix]");
  AddSetOption(*command, flags->overrides);
  command->add_flag("--dry-run", flags->is_dry_run, "Check the spec and create nothing");
  command->add_flag("--follow", flags->follows, "Follow the job; Ctrl-C only detaches");
  command->add_option("--request-id", flags->request_id,
                      "Makes repeating the command safe: one job for one id");
  command->add_option("--resume", flags->resume, "Start from JOB/latest, JOB/best or JOB/STEP");
  command->add_option("--priority", flags->priority, "0 to 100; higher is served first [50]");
  command->add_flag("--preemptible", flags->is_preemptible,
                    "May be suspended for jobs of higher priority");
  line.OnChosen(command,
                [&line, flags](Console& console) { return Submit(line, *flags, console); });
}

}  // namespace descent
