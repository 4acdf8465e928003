// State's part that serves the jobs that wait for ranks, and tells them why they wait.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "coordinator/progress.h"
#include "coordinator/state.h"

namespace descent {

GangRequest State::RequestOf(const Job& job) const {
  const JobMemory& memory = memories_.at(job.sequence);
  const int ranks_max = memory.resize_to.value_or(job.spec.workers.max);
  // Ranks of which nothing good is known are better than none.
  const bool can_go_back = std::ranges::all_of(memory.went_back_to, [this](SessionId session) {
    const WorkerView* worker = membership_.Find(session);
    return worker != nullptr && worker->takes_jobs();
  });
  return {.job_id = job.id,
          .workers_min = job.spec.workers.min,
          .workers_max = ranks_max,
          .precision = job.spec.model.precision,
          .priority = job.priority,
          .instruction_set = job.instruction_set,
          .avoided = can_go_back ? memory.avoided : std::set<SessionId>()};
}

// A job that is being resized gives its ranks back all at once: as long as it waits for the last of
// them nobody else takes the first.
std::vector<PoolView> State::ServedPools() const {
  std::vector<PoolView> pools = membership_.pools();
  for (const auto& [job_id, attempt] : attempts_) {
    const Job& job = *FindJob(job_id);
    if (job.state != JobState::kSuspending || job.state_reason != kResizing) continue;
    const auto pool = std::ranges::find(pools, attempt.pool, &PoolView::name);
    if (pool == pools.end()) continue;
    for (const Member& member : attempt.members) {
      const auto worker = std::ranges::find(pool->workers, member.session, &WorkerView::session);
      if (worker != pool->workers.end()) worker->job_id = job_id;
    }
  }
  return pools;
}

void State::Schedule() {
  std::vector<GangRequest> queue;
  for (const Job* job : WaitingJobs())
    if (!IsPausing(*job)) queue.push_back(RequestOf(*job));
  if (queue.empty()) return;
  for (const Gang& gang : ScheduleGangs(queue, ServedPools())) StartAttempt(gang);
  std::erase_if(queue,
                [this](const GangRequest& request) { return attempts_.contains(request.job_id); });
  // Whoever was resized has been served first, once, and else waits as all others do.
  for (auto& [sequence, memory] : memories_)
    if (IsWaiting(jobs_.at(sequence).state)) memory.resize_to.reset();
  PreemptForWaiting(queue);
}

std::vector<const Job*> State::WaitingJobs() const {
  std::vector<const Job*> waiting;
  for (const auto& [sequence, memory] : memories_)
    if (const Job& job = jobs_.at(sequence); IsWaiting(job.state)) waiting.push_back(&job);
  const auto rank = [this](const Job* job) {
    return std::tuple(memories_.at(job->sequence).resize_to ? 0 : 1, -job->priority,
                      job->state == JobState::kRecovering ? 0 : 1);
  };
  std::stable_sort(waiting.begin(), waiting.end(),
                   [&](const Job* a, const Job* b) { return rank(a) < rank(b); });
  return waiting;
}

bool State::IsPausing(const Job& job) const {
  const auto& retry_at = memories_.at(job.sequence).retry_at;
  return retry_at && *retry_at > now_.monotonic;
}

std::optional<QueuePosition> State::QueuePositionOf(const std::string& job_id) const {
  const std::map<std::string, QueuePosition> positions = QueuePositions();
  const auto position = positions.find(job_id);
  return position == positions.end() ? std::nullopt : std::optional(position->second);
}

std::map<std::string, QueuePosition> State::QueuePositions() const {
  const std::vector<const Job*> waiting = WaitingJobs();
  const std::vector<PoolView> pools = ServedPools();
  std::vector<GangRequest> queue;
  for (const Job* job : waiting) queue.push_back(RequestOf(*job));
  bool is_first_explained = false;  // of those that could run now: others give way to it alone
  std::map<std::string, QueuePosition> positions;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    QueuePosition& queued = positions[queue[i].job_id];
    queued.position = static_cast<int>(i) + 1;
    if (IsPausing(*waiting[i])) {
      const MonotonicTime retry_at = *memories_.at(waiting[i]->sequence).retry_at;
      queued.reason.reason = "Backoff";
      queued.reason.message = fmt::format("pauses for {} s before its next attempt",
                                          std::ceil(SecondsBetween(now_.monotonic, retry_at)));
    } else {
      queued.reason = ExplainWait(queue, i, pools);
      if (i == 0) queued.estimated_start_time = EstimateStart(queue[i], pools);
      if (CouldEverRun(queue[i], pools) && !std::exchange(is_first_explained, true))
        if (auto spared = ExplainSpared(queue[i], pools)) queued.reason = *std::move(spared);
    }
  }
  return positions;
}

// It would have its ranks were it not that others are spared.
std::optional<WaitReason> State::ExplainSpared(const GangRequest& next,
                                               const std::vector<PoolView>& pools) const {
  std::vector<RunningGang> running = RunningGangs();
  if (!ChooseToPreempt({next}, running, pools).empty()) return std::nullopt;
  std::map<std::string, double> spared;  // seconds, by job
  for (RunningGang& gang : running) spared[gang.job_id] = std::exchange(gang.spared_seconds, 0);
  std::vector<std::string> jobs;
  double seconds = 0;
  for (const Displacement& chosen : ChooseToPreempt({next}, running, pools)) {
    if (spared.at(chosen.job_id) == 0) continue;
    jobs.push_back(chosen.job_id);
    seconds = std::max(seconds, spared.at(chosen.job_id));
  }
  if (jobs.empty()) return std::nullopt;
  WaitReason reason{
      "WaitingForMinRuntime",
      fmt::format("needs {}, which it gets from job {} once {} for {} s, in {} s at "
                  "the earliest",
                  WorkersText(static_cast<std::size_t>(next.workers_min)), fmt::join(jobs, " and "),
                  jobs.size() == 1 ? "that has run" : "these have run",
                  options_.min_runtime.count(), std::ceil(seconds)),
      jobs};
  if (reason.blocking_jobs.size() > kBlockingJobsMax) reason.blocking_jobs.resize(kBlockingJobsMax);
  return reason;
}

std::optional<double> State::EstimateStart(const GangRequest& next,
                                           const std::vector<PoolView>& pools) const {
  std::map<std::string, double> remaining;
  for (const auto& [job_id, attempt] : attempts_)
    if (const auto seconds = RemainingSeconds(*FindJob(job_id))) remaining[job_id] = *seconds;
  const std::optional<double> seconds = SecondsUntilStart(next, pools, remaining);
  if (!seconds) return std::nullopt;
  return std::ceil(now_.wall + *seconds);
}

Placement State::PlacementOf(const SubmitJob& event) const {
  // Without a name, which could be that of another one.
  const GangRequest submitted{.job_id = "",
                              .workers_min = event.spec.workers.min,
                              .workers_max = event.spec.workers.max,
                              .precision = event.spec.model.precision,
                              .priority = event.priority,
                              .instruction_set = event.instruction_set};
  std::vector<GangRequest> queue;   // as people see it
  std::vector<GangRequest> served;  // those that could start now
  for (const Job* job : WaitingJobs()) {
    queue.push_back(RequestOf(*job));
    if (!IsPausing(*job)) served.push_back(queue.back());
  }
  const auto enqueue = [&](std::vector<GangRequest>& requests) {
    const auto behind = std::ranges::find_if(requests, [&](const GangRequest& request) {
      return request.priority < submitted.priority;
    });
    const auto index = static_cast<std::size_t>(behind - requests.begin());
    requests.insert(behind, submitted);
    return index;
  };
  enqueue(served);
  const std::vector<PoolView> pools = ServedPools();
  for (Gang& gang : ScheduleGangs(served, pools))
    if (gang.job_id.empty()) return {.gang = std::move(gang), .queue = {}};
  const std::size_t index = enqueue(queue);
  QueuePosition position{.position = static_cast<int>(index) + 1,
                         .reason = ExplainWait(queue, index, pools),
                         .estimated_start_time = std::nullopt};
  if (index == 0) position.estimated_start_time = EstimateStart(submitted, pools);
  return {.gang = std::nullopt, .queue = std::move(position)};
}

}  // namespace descent
