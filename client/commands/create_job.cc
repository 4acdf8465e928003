#include "client/commands/create_job.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "client/commands/labels.h"
#include "client/data_check.h"
#include "client/interrupt.h"
#include "client/render/dry_run.h"

namespace descent {
namespace {

Result<CompiledModel> ModelOf(const Result<WorkerAnswer>& answer) {
  if (!answer.ok()) return answer.status();
  return ReadCompiledModel(answer.value().output);
}

// What only the data can tell is told here as well, where they are.
ExitCode ShowDryRun(const CommandLine& line, const JobView& job, const std::string& subject,
                    Console& console) {
  CatchInterrupts();
  const Result<WorkerAnswer> answer = CompileForData(job.spec);
  if (InterruptCount() > 0) return ExitCode::kJobCancelled;
  if (answer.ok() && !answer.value().problems.empty())
    return ReportDataProblems(console, answer.value().problems, subject);
  const bool wants_text = !line.WantsDocument() && !line.WantsNames();
  if (wants_text) console.Data(DryRunText(job, ModelOf(answer)));
  if (!wants_text && !answer.ok())
    console.Say("the data are not checked here: " + answer.status().message());
  if (line.WantsDocument()) console.Document(job.json);
  if (line.WantsNames()) console.Data(job.id + "\n");
  return ExitCode::kDone;
}

void PrintCreated(const CommandLine& line, Client& client, const JobView& job, Console& console) {
  if (line.WantsDocument())
    console.Document(job.json);
  else
    console.Data(job.id + "\n");
  const std::string position =
      job.queue_position > 0 ? fmt::format(", position {}", job.queue_position) : "";
  std::string text = fmt::format(
      "job/{0} created ({1}{2})\n{3}  follow:   descent watch {0}\n"
      "  logs:     descent logs -f {0}\n"
      "  cancel:   descent cancel {0}",
      job.id, job.state, position,
      job.state == "SUSPENDED" ? fmt::format("  start:    descent resume {}\n", job.id) : "");
  const auto cluster = client.GetClusterStatus();
  if (cluster.ok())
    text += fmt::format("\n  page:     {}/#/jobs/{}",
                        PageAddress(line.flags().endpoint, cluster.value()), job.id);
  console.Say(text);
}

// A job that no pool could hold is as wrong as any other field of its spec.
ExitCode ReportRefusal(Console& console, ApiError error, const SpecSource& source) {
  const bool is_infeasible = error.reason == "GANG_INFEASIBLE";
  if (is_infeasible) error.exit_code = ExitCode::kUsage;
  const ExitCode exit_code = ReportSpecError(console, error, source.file, source.name);
  if (is_infeasible) console.Say("  --allow-infeasible lets the job wait for a larger pool");
  return exit_code;
}

}  // namespace

void AddCreationOptions(CLI::App& command, CreationFlags& flags) {
  command.add_option("--name", flags.job_id, "Name of the job [its spec's name and a suffix]");
  command.add_flag("--dry-run", flags.is_dry_run,
                   "Check spec and data, show memory and batch, and whether it would start now; "
                   "create nothing");
  command.add_flag("--allow-infeasible", flags.allows_infeasible,
                   "Let the job wait though even the largest pool is too small for it");
  CLI::Option* const follow =
      command.add_flag("--follow", flags.follows, "Follow the job; q and Ctrl-C only detach");
  AddTimeoutOption(command, flags.timeout_seconds)->needs(follow);
  command.add_option("--request-id", flags.request_id,
                     "Makes repeating the command safe: one job for one id");
  command.add_option("--priority", flags.priority, "0 to 100; higher is served first [50]");
  command.add_flag("--preemptible", flags.is_preemptible,
                   "May be suspended for jobs of higher priority");
  command.add_flag("--suspended", flags.is_suspended,
                   "Create it SUSPENDED: it waits for nothing until descent resume");
  AddLabelOption(command, flags.labels);
}

ExitCode CreateAndShow(const CommandLine& line, const CreationFlags& flags,
                       CreateJobOptions options, const SpecSource& source, Console& console,
                       const Creation& create) {
  options.job_id = flags.job_id;
  options.request_id = flags.request_id.empty() ? RandomRequestId() : flags.request_id;
  options.priority = flags.priority;
  options.is_preemptible = flags.is_preemptible;
  options.is_suspended = flags.is_suspended;
  options.validate_only = flags.is_dry_run;
  options.allows_infeasible = flags.allows_infeasible;
  options.labels = LabelsOf(flags.labels);
  Client client(line.flags().endpoint);
  const auto job = create(client, options);
  if (!job.ok()) return ReportRefusal(console, job.error(), source);
  if (flags.is_dry_run) return ShowDryRun(line, job.value(), source.name, console);
  if (!flags.follows) {
    PrintCreated(line, client, job.value(), console);
    return ExitCode::kDone;
  }
  console.Say("job/" + job.value().id + " created");
  return WatchToEnd(line, client, console, job.value(), flags.timeout_seconds);
}

}  // namespace descent
