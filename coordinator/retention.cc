#include "coordinator/retention.h"

#include <algorithm>

#include "common/nonfinite_spec.h"

namespace descent {
namespace {

// What decides it for all checkpoints of a job, which has one.
struct Rule {
  std::int64_t latest = 0;
  std::int64_t first_of_last = 0;  // of the newest keep_last
  std::optional<std::int64_t> best;
  std::optional<std::int64_t> rollback;
};

Rule RuleOf(const Job& job) {
  const std::int64_t count =
      std::clamp<std::int64_t>(job.spec.checkpoint.keep_last, 1, std::ssize(job.checkpoints));
  Rule rule{.latest = job.checkpoints.back().step,
            .first_of_last = (job.checkpoints.end() - count)->step,
            .best = std::nullopt,
            .rollback = RollbackStepOf(job)};
  if (const CheckpointRecord* best = FindBestCheckpoint(job)) rule.best = best->step;
  return rule;
}

std::vector<std::string_view> Reasons(const Rule& rule, const CheckpointRecord& checkpoint) {
  std::vector<std::string_view> reasons;
  if (checkpoint.step == rule.latest) reasons.push_back("latest");
  if (checkpoint.step == rule.best) reasons.push_back("best");
  if (rule.first_of_last <= checkpoint.step && checkpoint.step < rule.latest)
    reasons.push_back("keep_last");
  if (checkpoint.is_pinned) reasons.push_back("pinned");
  if (checkpoint.step == rule.rollback) reasons.push_back("rollback");
  return reasons;
}

}  // namespace

void DropOldCheckpoints(Job& job, const IsAwaited& is_awaited) {
  if (job.checkpoints.empty()) return;
  const Rule rule = RuleOf(job);
  std::erase_if(job.checkpoints, [&](const CheckpointRecord& checkpoint) {
    return Reasons(rule, checkpoint).empty() && !is_awaited(checkpoint);
  });
}

std::vector<std::string_view> ReasonsToKeep(const Job& job, const CheckpointRecord& checkpoint) {
  return Reasons(RuleOf(job), checkpoint);
}

std::optional<std::int64_t> RollbackStepOf(const Job& job) {
  if (IsTerminal(job.state) || job.checkpoints.empty() ||
      job.spec.nonfinite.action != NonfiniteAction::kRollback)
    return std::nullopt;
  return RollbackStep(job.checkpoints.back().step, job.spec.checkpoint.every_steps);
}

}  // namespace descent
