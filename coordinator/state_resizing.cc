// State's part that lets a running job go on with more or fewer ranks. Any number of them gives the
// same bits, so a resize is a stop after a common step, with the state saved, and a next attempt:
//   1. Resize: the job is SUSPENDING, reason Resizing. What its ranks were is kept for it until the
//      last of them is released (ServedPools).
//   2. It is QUEUED, reason Resized, and served before all others, once. That is no restart.
// An attempt that grew and fails before it runs has only shown that the ranks added are of no use
// to the job (TakeBackGrowth): it goes back to its former ones, and avoids those. A coordinator
// that is restarted in between remembers the first half: the job then waits its turn.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "coordinator/progress.h"
#include "coordinator/state.h"

namespace descent {
namespace {

// Ranks may come back under other names for ever.
constexpr int kFailedGrowthsMax = 3;

}  // namespace

// One at a time: the ranks that one job is about to take are still free for all others to see.
void State::GrowOne() {
  if (options_.resize_interval.count() == 0 || !membership_.HasFreeWorker()) return;
  std::vector<const Job*> growing;
  for (const auto& [job_id, attempt] : attempts_) {
    const Job& job = *FindJob(job_id);
    if (IsGivingWay(job)) return;
    if (IsWorthGrowing(attempt)) growing.push_back(&job);
  }
  if (growing.empty()) return;
  std::ranges::sort(growing, {},
                    [](const Job* job) { return std::tuple(-job->priority, job->sequence); });
  std::vector<GangRequest> waiting;
  for (const Job* job : WaitingJobs()) waiting.push_back(RequestOf(*job));
  std::vector<GangRequest> running;
  for (const Job* job : growing) running.push_back(RequestOf(*job));

  const std::optional<Growth> growth = ChooseToGrow(waiting, running, membership_.pools());
  if (!growth) return;
  const std::size_t free =
      growth->is_in_its_pool ? growth->ranks - growth->ranks_now : growth->ranks;
  Attempt& attempt = attempts_.at(growth->job_id);
  std::vector<SessionId>& grew_from = memories_.at(JobOf(attempt).sequence).grew_from;
  grew_from.clear();
  for (const Member& member : attempt.members) grew_from.push_back(member.session);
  Resize(attempt, JobOf(attempt).spec.workers.max,
         fmt::format("grows from {} to {}: {} of pool \"{}\" {} free", growth->ranks_now,
                     WorkersText(growth->ranks), WorkersText(free), growth->pool,
                     free == 1 ? "is" : "are"));
}

bool State::IsWorthGrowing(const Attempt& attempt) const {
  const Job& job = *FindJob(attempt.job_id);
  const bool is_whole = std::ranges::none_of(attempt.members, &Member::is_released);
  if (job.state != JobState::kRunning || attempt.stop || attempt.IsReattaching() || !is_whole)
    return false;
  if (std::ssize(attempt.members) >= job.spec.workers.max) return false;
  if (now_.monotonic < attempt.runs_since + options_.resize_interval) return false;
  // Its state could not be saved, and would be lost.
  if (job.skipped_saves.count > 0) return false;
  if (memories_.at(job.sequence).failed_growths >= kFailedGrowthsMax) return false;
  // To start again takes a while, which must be worth it.
  const double start_seconds = job.attempt.begin_time - job.attempt.start_time;
  const std::optional<double> seconds = RemainingSeconds(job);
  return !seconds || *seconds >= std::max(static_cast<double>(options_.resize_interval.count()),
                                          2 * start_seconds);
}

bool State::TakeBackGrowth(Job& job, const Attempt& ended) {
  JobMemory& memory = memories_.at(job.sequence);
  std::vector<SessionId> former = std::exchange(memory.grew_from, {});
  if (former.empty() || ended.planner || IsPastDeadline(job)) return false;
  std::set<SessionId> added;
  for (const Member& member : ended.members)
    if (std::ranges::find(former, member.session) == former.end()) added.insert(member.session);
  if (added.empty()) return false;
  memory.avoided.merge(added);
  memory.resize_to = static_cast<int>(former.size());
  ++memory.failed_growths;
  const FailureRecord& failure = ended.failure->record;
  std::string message =
      fmt::format("{}; it goes back to {}", failure.message, WorkersText(former.size()));
  memory.went_back_to = std::move(former);
  Move(job, JobState::kQueued, failure.reason, std::move(message), "AttemptEnded");
  return true;
}

void State::Shrink(Attempt& attempt, int ranks_left) {
  Resize(attempt, ranks_left,
         fmt::format("shrinks from {} to {}, for a job of higher priority", attempt.members.size(),
                     WorkersText(static_cast<std::size_t>(ranks_left))));
}

void State::Resize(Attempt& attempt, int ranks_max, const std::string& change) {
  Job& job = JobOf(attempt);
  memories_.at(job.sequence).resize_to = ranks_max;
  Move(job, JobState::kSuspending, std::string(kResizing), change);
  TellToStop(attempt, StopMode::kGraceful);
}

}  // namespace descent
