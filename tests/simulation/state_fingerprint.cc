#include "tests/simulation/state_fingerprint.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

namespace descent {
namespace {

// What is over is over, however long ago.
std::string UntilText(const std::optional<MonotonicTime>& time, MonotonicTime now) {
  if (!time) return "-";
  return fmt::format("{}", std::max<std::int64_t>(0, (*time - now).count()));
}

}  // namespace

std::string StateFingerprint::Of(const Job& job) {
  const AttemptRecord& attempt = job.attempt;
  std::string text = fmt::format(
      "{} {} {} step {} attempt {} {} {} from {} {} of {} save {} {} {} without {} {}", job.id,
      JobStateName(job.state), job.state_reason, job.step, attempt.attempt, attempt.generation,
      attempt.pool, attempt.start_step, attempt.starts_from_own_checkpoint, attempt.workers.size(),
      attempt.save_requests, attempt.save_requests_done, attempt.save_requests_failed,
      job.attempts_without_progress, job.failure ? job.failure->reason : "-");
  if (job.state_digest) text += fmt::format(" ends {}", job.state_digest->low);
  for (const CheckpointRecord& checkpoint : job.checkpoints)
    text += fmt::format(" {} {} {}", checkpoint.step, checkpoint.state_digest.low,
                        checkpoint.is_pinned);
  return text;
}

std::string StateFingerprint::Of(const GrantPlanner& planner) {
  return fmt::format("granted {} {} {} ends {}", planner.granted_, planner.is_saved_,
                     planner.is_final_granted_, fmt::join(planner.unfinished_ends_, ","));
}

std::string StateFingerprint::Of(const Member& member, const SessionName& name_of) {
  if (member.is_gone) return "gone";
  if (member.ended)
    return fmt::format("ended {} {} {}", static_cast<int>(member.ended->outcome),
                       member.ended->step, member.ended->state_digest.low);
  const std::string session = member.is_detached() ? "detached" : name_of(member.session);
  if (!member.prepared) return session;
  return fmt::format("{} prepared {} {}", session, member.prepared->start_step,
                     member.prepared->state_digest.low);
}

std::string StateFingerprint::Of(const Attempt& attempt, MonotonicTime now,
                                 const SessionName& name_of) {
  std::string text = fmt::format(
      "{} {} {} {} {} {} {} | stop {} until {} |", attempt.job_id, attempt.generation, attempt.pool,
      attempt.expected_start.value_or(-1), attempt.granted.value_or(-1), attempt.granted_most,
      attempt.done_step, attempt.stop ? static_cast<int>(*attempt.stop) : -1,
      UntilText(attempt.deadline, now));
  if (attempt.planner) text += Of(*attempt.planner);
  if (attempt.failure)
    text +=
        fmt::format(" failed {} {}", attempt.failure->record.reason, attempt.failure->is_retryable);
  for (const Member& member : attempt.members) text += " | " + Of(member, name_of);
  return text;
}

std::string StateFingerprint::Of(const State& state, MonotonicTime now,
                                 const SessionName& name_of) {
  std::string text = fmt::format("generation {}\n", state.generation_);
  for (const auto& [sequence, job] : state.jobs_) text += Of(job) + "\n";
  for (const auto& [sequence, memory] : state.memories_)
    text += fmt::format("{} retry {} ranks {}\n", sequence, UntilText(memory.retry_at, now),
                        memory.resize_to.value_or(-1));
  for (const auto& [job_id, attempt] : state.attempts_) text += Of(attempt, now, name_of) + "\n";
  for (const PoolView& pool : state.membership_.pools()) {
    text += fmt::format("{} {} {}", pool.name, pool.is_ready, pool.is_broken);
    for (const WorkerView& worker : pool.workers)
      text +=
          fmt::format(" | {} {} {} {} first {}", worker.world_rank, name_of(worker.session),
                      worker.job_id, worker.leaving.has_value(), worker.ends_first.value_or(-1));
    text += "\n";
  }
  return text;
}

}  // namespace descent
