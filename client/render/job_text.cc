#include "client/render/job_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "client/render/batch_text.h"
#include "client/render/format.h"
#include "client/render/log_text.h"
#include "client/render/progress_text.h"
#include "client/render/table.h"
#include "common/duration.h"
#include "common/evaluation.h"
#include "common/process_end.h"

namespace descent {
namespace {

std::string MetricOr(const JobView& job, const std::string& name, const std::string& otherwise) {
  const auto metric = job.latest_metrics.find(name);
  return metric == job.latest_metrics.end() ? otherwise : FormatMetric(metric->second);
}

std::string ProgressCell(const JobView& job) {
  if (job.queue_position > 0) return fmt::format("#{}: {}", job.queue_position, job.queue_message);
  if (job.progress.last_step == 0) return "-";
  return fmt::format("{}/{}  {}", job.progress.step, job.progress.last_step,
                     PercentText(job.progress.fraction));
}

std::string RemainingCell(const JobView& job) {
  if (job.state != "RUNNING" || job.progress.remaining_seconds <= 0) return "-";
  return FormatDuration(job.progress.remaining_seconds);
}

// "QuotaReserved True · GangReady False"
std::string ConditionsText(const std::vector<ConditionView>& conditions) {
  std::string text;
  for (const ConditionView& condition : conditions) {
    std::string status = condition.status;
    for (std::size_t i = 1; i < status.size(); ++i)
      status[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(status[i])));
    text += fmt::format("{}{} {}", text.empty() ? "" : " · ", condition.type, status);
  }
  return text;
}

std::string ConditionText(const ConditionView& condition, double now) {
  return fmt::format("{} for {}: {}", condition.reason,
                     FormatDuration(now - condition.last_transition_time), condition.message);
}

// Rank, host, how its process ended, step, phase.
std::vector<std::string> BlameCells(const FailureView& failure) {
  const bool is_end_known = failure.signal != 0 || failure.exit_code != 0;
  return {failure.rank < 0 ? "-" : fmt::to_string(failure.rank), OrDash(failure.host),
          is_end_known ? ProcessEndText(failure.exit_code, failure.signal) : "-",
          fmt::to_string(failure.step), OrDash(failure.phase)};
}

// What any of the checkpoints was evaluated by, and the loss in any case.
std::vector<EvaluationMetric> MetricsShown(const std::vector<CheckpointView>& checkpoints) {
  std::vector<EvaluationMetric> metrics;
  for (const EvaluationMetric metric : kAllEvaluationMetrics) {
    const auto has = [&](const CheckpointView& checkpoint) {
      return checkpoint.validation.contains(std::string(MetricName(metric)));
    };
    if (metric == EvaluationMetric::kLoss || std::ranges::any_of(checkpoints, has))
      metrics.push_back(metric);
  }
  return metrics;
}

std::string ReasonsOf(const CheckpointView& checkpoint) {
  if (checkpoint.kept_because.empty()) return "-";
  return fmt::format("{}", fmt::join(checkpoint.kept_because, ", "));
}

std::string Upper(std::string_view name) {
  std::string upper = "VALID/";
  for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

// "PeerLost on rank 0 (node-a), WorkerLost on rank 3 (node-b)".
std::string SecondaryText(const FailureView& failure) {
  std::vector<std::string> texts;
  for (const FailureView& later : failure.secondary)
    texts.push_back(later.rank < 0
                        ? later.reason
                        : fmt::format("{} on rank {} ({})", later.reason, later.rank, later.host));
  return fmt::format("{}", fmt::join(texts, ", "));
}

// "12.5 ms, the last 13 ms; 412k tokens/s".
std::string RetentionText(std::int64_t days) {
  if (days == 0) return "for ever";
  return fmt::format("{} day{} after its end, twice as long if it does not succeed", days,
                     days == 1 ? "" : "s");
}

std::string DeadlineText(const JobView& job) {
  if (job.deadline_seconds == 0) return "";
  return fmt::format("{}, active for {}", DurationText(job.deadline_seconds),
                     DurationText(static_cast<std::int64_t>(job.active_seconds)));
}

std::string StepTimeText(const ProgressView& progress) {
  if (progress.median_step_seconds <= 0) return "";
  std::string text =
      fmt::format("{:.3g} ms, the last {:.3g} ms", progress.median_step_seconds * 1e3,
                  progress.last_step_seconds * 1e3);
  if (progress.tokens_per_second > 0)
    text += fmt::format("; {} tokens/s", FormatRate(progress.tokens_per_second));
  return text;
}

// "coordinator 0.9.0, workers 0.9.0".
std::string VersionsText(const ProvenanceView& provenance) {
  if (provenance.coordinator_version.empty()) return "";
  return fmt::format("coordinator {}, workers {}", provenance.coordinator_version,
                     provenance.worker_version);
}

// The workers it has, or may have.
std::size_t WorkerCountOf(const JobView& job) {
  return job.workers.empty() ? static_cast<std::size_t>(job.spec.workers.max) : job.workers.size();
}

// "step-9000" of the job's own checkpoints, "JOB/9000" of another's.
std::string StartCheckpointText(const std::string& job_id, std::string name) {
  constexpr std::string_view kJobs = "jobs/";
  constexpr std::string_view kCheckpoints = "/checkpoints/";
  if (name.starts_with(kJobs)) name.erase(0, kJobs.size());
  const std::size_t at = name.find(kCheckpoints);
  if (at == std::string::npos) return OrDash(name);
  const std::string step = name.substr(at + kCheckpoints.size());
  return name.substr(0, at) == job_id ? "step-" + step : name.substr(0, at) + "/" + step;
}

std::string WorkersText(std::size_t count) {
  return fmt::format("{} worker{}", count, count == 1 ? "" : "s");
}

}  // namespace

std::string LabelsText(const JobView& job) {
  std::string text;
  for (const auto& [key, value] : job.labels)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key, value);
  return text;
}

std::string StateText(const JobView& job) {
  std::string text = job.id + "  " + job.state;
  if (job.attempt > 0)
    text += fmt::format("  attempt {}  {}", job.attempt, WorkersText(job.workers.size()));
  if (job.state_reason == "NoImprovement") return text + "  " + job.state_message;
  // Before its place in the queue, which it has for a moment only.
  if (job.state == "RECOVERING") return text + "  " + FailureText(job);
  if (job.queue_position > 0)
    return text + fmt::format("  position {}: {}", job.queue_position, job.queue_message);
  return text;
}

std::string EndText(const JobView& job) {
  std::string text = job.id + "  " + job.state;
  for (const char* name : {"test/accuracy", "validation/accuracy"}) {
    const auto metric = job.latest_metrics.find(name);
    if (metric == job.latest_metrics.end()) continue;
    text += fmt::format("  {} {}", name, FormatMetric(metric->second));
    break;
  }
  if (!job.state_digest.empty()) text += "  state digest " + job.state_digest;
  return text + "\n";
}

EvaluationLines EvaluationText(const MetricCurves& curves, std::int64_t last_step) {
  std::map<std::int64_t, EvaluationValues> by_step;
  for (const auto& [name, points] : curves) {
    const auto metric = MetricFromName(std::string_view(name).substr(name.find('/') + 1));
    if (!metric) continue;
    for (const MetricPointView& point : points)
      if (point.step > last_step) by_step[point.step][*metric] = point.value;
  }
  EvaluationLines result{.lines = {}, .last_step = last_step};
  for (const auto& [step, values] : by_step) {
    std::string line = fmt::format("step {}  validation:", step);
    for (const auto& [metric, value] : values)
      line += fmt::format("  {} {}", MetricName(metric), FormatMetric(value));
    result.lines.push_back(std::move(line));
    result.last_step = step;
  }
  return result;
}

std::string JobTable(const std::vector<JobView>& jobs, double now, TableWidth width) {
  std::vector<std::string> head = {"NAME",     "STATE", "PRIO", "WORKERS",
                                   "PROGRESS", "LOSS",  "ETA",  "AGE"};
  if (width == TableWidth::kWide)
    head.insert(head.end(), {"SAMPLES/S", "ATTEMPT", "REASON", "OWNER", "LABELS"});
  Table table(std::move(head));
  for (const JobView& job : jobs) {
    std::vector<std::string> row = {job.id,
                                    job.state,
                                    fmt::to_string(job.priority),
                                    fmt::to_string(WorkerCountOf(job)),
                                    ProgressCell(job),
                                    MetricOr(job, "train/loss", "-"),
                                    RemainingCell(job),
                                    FormatDuration(now - job.create_time)};
    if (width == TableWidth::kWide)
      row.insert(
          row.end(),
          {job.progress.samples_per_second > 0 ? FormatRate(job.progress.samples_per_second) : "-",
           job.attempt > 0 ? fmt::to_string(job.attempt) : "-", OrDash(job.state_reason),
           OrDash(job.owner), OrDash(LabelsText(job))});
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

std::string CheckpointDescription(const CheckpointView& checkpoint, double now) {
  std::string text;
  const auto add = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<18}{}\n", fmt::format("{}:", label), value);
  };
  add("Name", checkpoint.name);
  add("Step", fmt::to_string(checkpoint.step));
  add("Epoch", fmt::to_string(checkpoint.epoch));
  add("Age", FormatDuration(now - checkpoint.create_time));
  add("Size", FormatBytes(checkpoint.bytes));
  add("Kept because", ReasonsOf(checkpoint));
  for (const auto& [metric, value] : checkpoint.validation)
    add(fmt::format("Valid/{}", metric), FormatMetric(value));
  add("State digest", checkpoint.state_digest);
  add("Directory", checkpoint.directory);
  add("Files", fmt::format("{}", fmt::join(checkpoint.files, ", ")));
  return text;
}

std::string CheckpointTable(const std::vector<CheckpointView>& checkpoints, double now) {
  const std::vector<EvaluationMetric> metrics = MetricsShown(checkpoints);
  std::vector<std::string> head = {"STEP", "EPOCH"};
  for (const EvaluationMetric metric : metrics) head.push_back(Upper(MetricName(metric)));
  head.insert(head.end(), {"SIZE", "KEPT BECAUSE", "AGE", "STATE DIGEST"});
  Table table(std::move(head));
  for (const CheckpointView& checkpoint : checkpoints) {
    std::vector<std::string> row = {fmt::to_string(checkpoint.step),
                                    fmt::to_string(checkpoint.epoch)};
    for (const EvaluationMetric metric : metrics) {
      const auto value = checkpoint.validation.find(std::string(MetricName(metric)));
      row.push_back(value == checkpoint.validation.end() ? "-" : FormatMetric(value->second));
    }
    row.insert(row.end(), {FormatBytes(checkpoint.bytes), ReasonsOf(checkpoint),
                           FormatDuration(now - checkpoint.create_time), checkpoint.state_digest});
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

std::string AttemptTable(const std::string& job_id, const std::vector<AttemptView>& attempts,
                         double now) {
  Table table({"#", "WORKERS", "FROM", "STEPS", "ENDED", "REASON", "RANK", "HOST", "PROCESS",
               "AT STEP", "PHASE"});
  for (const AttemptView& attempt : attempts) {
    const bool has_ended = attempt.end_time > 0;
    std::vector<std::string> row = {
        fmt::to_string(attempt.attempt),
        fmt::to_string(attempt.workers.size()),
        StartCheckpointText(job_id, attempt.start_checkpoint),
        fmt::format("{}..{}", attempt.start_step,
                    has_ended ? fmt::to_string(attempt.end_step) : std::string()),
        has_ended ? FormatDuration(now - attempt.end_time) + " ago" : "-",
        has_ended ? attempt.end_reason : "goes on"};
    const std::vector<std::string> blame =
        attempt.failure ? BlameCells(*attempt.failure) : std::vector<std::string>(5, "-");
    row.insert(row.end(), blame.begin(), blame.end());
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

std::string EventTable(const std::vector<JobEventView>& events, double now) {
  Table table({"AGE", "EVENT", "STATE", "ACTOR", "REASON", "MESSAGE"});
  for (const JobEventView& event : events)
    table.AddRow({FormatDuration(now - event.time), event.type,
                  event.from_state == event.to_state || event.from_state.empty()
                      ? event.to_state
                      : event.from_state + " -> " + event.to_state,
                  event.actor.empty() ? "-" : event.actor, event.reason, event.message});
  return table.ToString();
}

std::string NewestEventsText(const std::vector<JobEventView>& events, double now) {
  constexpr std::ptrdiff_t kShownMax = 10;
  if (std::ssize(events) <= kShownMax) return fmt::format("Events:\n{}", EventTable(events, now));
  const std::vector<JobEventView> newest(events.end() - kShownMax, events.end());
  return fmt::format("Events, the newest {} of {}:\n{}", kShownMax, events.size(),
                     EventTable(newest, now));
}

std::string JobDescription(const JobView& job, double now) {
  constexpr std::size_t kNameWidth = 26;  // of the longest metric, with its colon
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text += fmt::format("{:<{}}{}\n", fmt::format("{}:", name), kNameWidth, value);
  };
  const auto age = [&](double time) {
    return time > 0 ? FormatDuration(now - time) + " ago" : std::string();
  };
  add("Name", job.id);
  add("UID", job.uid);
  add("State", fmt::format("{} ({})", job.state, job.state_reason));
  add("Message", job.state_message);
  add("Conditions", ConditionsText(job.conditions));
  for (const ConditionView& condition : job.conditions)
    if (condition.status == "FALSE" && condition.message != job.state_message &&
        condition.message != job.queue_message)
      add(condition.type, ConditionText(condition, now));
  add("Priority", fmt::format("{}{}", job.priority,
                              job.is_preemptible ? ", gives way to jobs of higher priority" : ""));
  add("Deadline", DeadlineText(job));
  if (job.retention_days) add("Kept", RetentionText(*job.retention_days));
  if (job.queue_position > 0)
    add("Queue", fmt::format("position {}: {}", job.queue_position, job.queue_message));
  add("Blocked by", fmt::format("{}", fmt::join(job.blocking_jobs, ", ")));
  if (job.estimated_start_time > now)
    add("Expected start", "in about " + FormatDuration(job.estimated_start_time - now));
  add("Progress", ProgressCell(job));
  add("Step time", StepTimeText(job.progress));
  add("Attempt", job.attempt == 0
                     ? ""
                     : fmt::format("{}, from step {}, {}", job.attempt, job.attempt_start_step,
                                   fmt::join(job.workers, " ")));
  if (job.failure) add("Failure", FailureText(job));
  if (job.failure) add("Failed after it", SecondaryText(*job.failure));
  if (job.failure && !job.failure->log_tail.empty())
    text += FailureLogText(*job.failure, job.id) + "\n";
  add("Batch",
      fmt::format("{} = {} logical workers, micro batches of {}", BatchSizeText(job.spec.batch),
                  job.spec.batch.logical_workers, job.spec.batch.micro));
  if (job.spec.reduction == ReductionKind::kFastest)
    add("Reduction", "fastest: the number of workers changes rounding");
  add("Parameters", job.parameter_count > 0 ? FormatGrouped(job.parameter_count) : "");
  add("Instructions", job.instruction_set);
  add("Versions", VersionsText(job.provenance));
  add("Data", job.provenance.dataset_fingerprint);
  add("Spec SHA-256", job.spec_sha256);
  add("Owner", job.owner);
  add("Labels", LabelsText(job));
  add("From", job.forked_from);
  for (const auto& [name, value] : job.latest_metrics) add(name, FormatMetric(value));
  add("Batch size", job.batch_advice);
  if (job.nonfinite_steps > 0)
    add("Not finite", fmt::format("{} step{}, the last: {}", job.nonfinite_steps,
                                  job.nonfinite_steps == 1 ? "" : "s", job.last_nonfinite_step));
  if (job.latest_checkpoint) add("Checkpoint", job.latest_checkpoint->directory);
  if (job.best_checkpoint) add("Best checkpoint", job.best_checkpoint->directory);
  add("State digest", job.state_digest);
  add("Created", age(job.create_time));
  add("Started", age(job.start_time));
  add("Ended", age(job.end_time));
  return text;
}

std::string FailureText(const JobView& job) {
  if (!job.failure) return fmt::format("{}: {}", job.state_reason, job.state_message);
  const FailureView& failure = *job.failure;
  std::string text = failure.reason;
  if (failure.message.starts_with("rank ")) return text + ": " + failure.message;
  if (failure.rank >= 0) text += fmt::format(" on rank {}", failure.rank);
  if (!failure.host.empty()) text += fmt::format(" ({})", failure.host);
  text += fmt::format(" at step {}", failure.step);
  if (!failure.phase.empty()) text += " in " + failure.phase;
  return text + ": " + failure.message;
}

std::vector<std::string> DataProblems(const JobView& job) {
  std::string text = job.failure ? job.failure->message : job.state_message;
  if (job.failure && !job.failure->phase.empty()) {
    const std::string finder_end = "in phase " + job.failure->phase + ": ";
    const std::size_t at = text.substr(0, text.find('\n')).find(finder_end);
    if (at != std::string::npos) text.erase(0, at + finder_end.size());
  }
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace descent
