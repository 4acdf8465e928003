#include "worker/assignment_log.h"

#include <spdlog/fmt/fmt.h>

#include <string>
#include <type_traits>
#include <variant>

#include "common/log.h"

namespace descent {
namespace {

std::string_view OutcomeName(EndOutcome outcome) {
  switch (outcome) {
    case EndOutcome::kCompleted:
      return "completed";
    case EndOutcome::kStopped:
      return "stopped";
    case EndOutcome::kStoppedEarly:
      return "stopped_early";
    case EndOutcome::kFailed:
      return "failed";
  }
  return "unknown";
}

void Log(const Prepared& prepared) {
  LogInfo(
      "prepared train_samples={} parameters={} memory_bytes={} instruction_set={} start_step={} "
      "state_digest={}",
      prepared.train_samples, prepared.parameter_count, prepared.memory_bytes,
      prepared.instruction_set, prepared.start_step, prepared.state_digest.ToHex());
}

void Log(const StepReports& reports) {
  for (const StepMetrics& step : reports.steps)
    if (step.nonfinite)
      LogWarning("step not finite step={} message=\"{}\"", step.step, step.nonfinite->message);
}

void Log(const EvaluationReport& report) {
  std::string values;
  for (const auto& [metric, value] : report.values)
    values += fmt::format(" {}={}", MetricName(metric), value);
  LogInfo("evaluated split={} step={}{}",
          report.split == EvaluationSplit::kTest ? "test" : "validation", report.step, values);
}

void Log(const CheckpointWritten& written) {
  LogInfo("checkpoint written step={} epoch={} bytes={} directory={}", written.step, written.epoch,
          written.bytes, written.directory);
}

void Log(const CheckpointSkipped& skipped) {
  LogWarning("checkpoint skipped step={} message=\"{}\"", skipped.step, skipped.message);
}

}  // namespace

void LogAssignment(const Assign& assign) {
  const std::string_view start =
      assign.start_checkpoint.empty() ? "scratch" : std::string_view(assign.start_checkpoint);
  LogInfo(
      "assignment begun job={} attempt={} generation={} rank={} world_size={} threads={} "
      "device=cpu from={}",
      assign.job, assign.attempt, assign.generation, assign.rank, assign.world_ranks.size(),
      assign.spec.workers.threads, start);
}

void LogPhase(std::string_view phase, std::int64_t step) {
  if (phase == "load" || phase == "evaluate" || phase == "checkpoint")
    LogInfo("phase begun phase={} step={}", phase, step);
}

void LogReport(const WorkerMessage& report) {
  std::visit(
      [](const auto& alternative) {
        using T = std::decay_t<decltype(alternative)>;
        if constexpr (std::is_same_v<T, Prepared> || std::is_same_v<T, StepReports> ||
                      std::is_same_v<T, EvaluationReport> || std::is_same_v<T, CheckpointWritten> ||
                      std::is_same_v<T, CheckpointSkipped>)
          Log(alternative);
      },
      report);
}

void LogFirstStep(std::int64_t step, double seconds) {
  LogInfo("first step done step={} seconds={:.3f}", step, seconds);
}

void LogEnd(const AssignmentEnded& ended) {
  if (ended.outcome != EndOutcome::kFailed) {
    LogInfo("assignment ended outcome={} step={} state_digest={}", OutcomeName(ended.outcome),
            ended.step, ended.state_digest.ToHex());
  } else if (ended.reason == "PeerLost" || ended.reason == "Aborted") {
    // What happened to this rank, and not by it.
    LogWarning("assignment ended outcome=failed step={} phase={} reason={} message=\"{}\"",
               ended.step, ended.phase, ended.reason, ended.message);
  } else {
    LogError("assignment ended outcome=failed step={} phase={} reason={} message=\"{}\"",
             ended.step, ended.phase, ended.reason, ended.message);
  }
}

}  // namespace descent
