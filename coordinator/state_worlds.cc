// State's part that listens to launchers. A launcher's word about a world joins what the streams
// tell:
//   1. Ranks that are still attached are lost now: the launcher ends all of a world with its first
//      process.
//   2. Attempts that lost their ranks before the launcher told why get the reason, wherever their
//      job is by now.
//   3. Ranks that have not come back since the coordinator was restarted are not waited for.
#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/process_end.h"
#include "coordinator/state.h"

namespace descent {
namespace {

// What the end of a process explains; a rank that said why it left, or failed by itself, has told.
bool IsLoss(const FailureRecord& record) {
  return record.reason == "WorkerLost" || record.reason == "PeerLost" || record.reason == "Aborted";
}

// The reason is known now; what failed after it stays.
void Replace(FailureRecord& told, FailureRecord record) {
  record.secondary = std::move(told.secondary);
  told = std::move(record);
}

AttemptRecord* FindRecord(Job& job, std::int64_t generation) {
  if (job.attempt.generation == generation) return &job.attempt;
  for (AttemptRecord& attempt : job.earlier_attempts)
    if (attempt.generation == generation) return &attempt;
  return nullptr;
}

}  // namespace

void State::On(const WorldEnded& event) {
  const RankExit& exit = event.exit;
  const std::vector<WorldEnds::ExplainedLoss> earlier = world_ends_.AddExit(exit);
  const std::string reason = "its world ended: " + ProcessEndText(exit.exit_code, exit.signal);
  // The first one to be lost is the one to blame.
  if (const auto holder = membership_.HolderOf(exit.pool, exit.world_rank)) Close(*holder, reason);
  std::vector<SessionId> attached;
  for (const PoolView& pool : membership_.pools())
    if (pool.name == exit.pool)
      for (const WorkerView& worker : pool.workers) attached.push_back(worker.session);
  for (const SessionId session : attached) Close(session, reason);
  for (const CordonRecord& record : cordons_.Forget(exit.pool))
    actions_.push_back(StoreCordon{record});
  for (const WorldEnds::ExplainedLoss& loss : earlier) Explain(loss);
  std::vector<std::string> reattaching;
  for (const auto& [job_id, attempt] : attempts_)
    if (attempt.pool == exit.pool && attempt.IsReattaching()) reattaching.push_back(job_id);
  for (const std::string& job_id : reattaching) LoseDetached(attempts_.at(job_id));
}

void State::LoseDetached(Attempt& attempt) {
  AttemptFailure failure{.is_retryable = true};
  // Their last reports may have been stored by the coordinator that was restarted.
  attempt.done_step = std::max(attempt.done_step, JobOf(attempt).step);
  for (Member& member : attempt.members) {
    if (!member.is_detached()) continue;
    member.is_gone = true;
    const FailureRecord record{
        .rank = attempt.RankOf(member), .host = member.host, .step = attempt.done_step};
    const WorkerView worker{
        .pool = attempt.pool, .world_rank = member.world_rank, .job_id = attempt.job_id};
    const auto explained = world_ends_.AddLoss(
        worker, {.generation = attempt.generation, .member = member.name, .record = record});
    DESCENT_CHECK(explained.has_value());
    failure.record = *explained;
  }
  Fail(attempt, std::move(failure));
}

void State::Explain(const WorldEnds::ExplainedLoss& loss) {
  const auto sequence = sequences_.find(loss.job_id);
  if (sequence == sequences_.end()) return;
  Job& job = jobs_.at(sequence->second);
  const auto attempt = attempts_.find(loss.job_id);
  if (attempt != attempts_.end() && attempt->second.generation == loss.generation) {
    std::optional<AttemptFailure>& failure = attempt->second.failure;
    if (failure && IsLoss(failure->record)) Replace(failure->record, loss.record);
    return;
  }
  AttemptRecord* record = FindRecord(job, loss.generation);
  if (record == nullptr || !record->failure || !IsLoss(*record->failure)) return;
  const std::string told = record->failure->message;
  Replace(*record->failure, loss.record);
  record->end_message = loss.record.message;
  if (job.failure && job.failure->message == told) Replace(*job.failure, loss.record);
  const std::size_t place = job.state_message.find(told);
  if (place != std::string::npos)
    job.state_message.replace(place, told.size(), loss.record.message);
  actions_.push_back(StoreJob{.job = job});
}

}  // namespace descent
