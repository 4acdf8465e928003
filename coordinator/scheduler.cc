#include "coordinator/scheduler.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/check.h"
#include "common/job_instruction_set.h"

namespace descent {
namespace {

bool Takes(const PoolView& pool, const std::string& job_id) {
  return pool.only_job.empty() || pool.only_job == job_id;
}

bool Matches(const WorkerView& worker, const GangRequest& request) {
  return request.instruction_set.empty() ||
         JobInstructionSet(worker.instruction_set, request.precision) == request.instruction_set;
}

bool IsUsable(const WorkerView& worker, const GangRequest& request) {
  return worker.takes_jobs() && Matches(worker, request) &&
         !request.avoided.contains(worker.session);
}

// Ranks the job may use if nobody else used them.
int UsableRanks(const PoolView& pool, const GangRequest& request) {
  if (!pool.is_ready || !Takes(pool, request.job_id)) return 0;
  return static_cast<int>(
      std::count_if(pool.workers.begin(), pool.workers.end(),
                    [&](const WorkerView& worker) { return IsUsable(worker, request); }));
}

enum class Counted { kAll, kIdle };

// Ranks the job could use if they were not cordoned.
int CordonedRanks(const PoolView& pool, const GangRequest& request, Counted counted) {
  if (!pool.is_ready || !Takes(pool, request.job_id)) return 0;
  return static_cast<int>(
      std::count_if(pool.workers.begin(), pool.workers.end(), [&](const WorkerView& worker) {
        return worker.cordon != Cordon::kNone && !worker.leaving && Matches(worker, request) &&
               (counted == Counted::kAll || !worker.is_held());
      }));
}

// Ranks that no other job holds.
std::vector<SessionId> FreeRanks(const PoolView& pool, const GangRequest& request,
                                 const std::set<SessionId>& taken) {
  std::vector<SessionId> free;
  if (!pool.is_ready || !Takes(pool, request.job_id)) return free;
  for (const WorkerView& worker : pool.workers) {
    const bool is_held =
        worker.ends_first || (!worker.job_id.empty() && worker.job_id != request.job_id);
    if (!is_held && IsUsable(worker, request) && !taken.contains(worker.session))
      free.push_back(worker.session);
  }
  return free;
}

std::size_t RanksOf(const std::string& job_id, const PoolView& pool) {
  return static_cast<std::size_t>(std::ranges::count(pool.workers, job_id, &WorkerView::job_id));
}

// The best gang among the pools that are not reserved; no sessions if it fits nowhere.
Gang FindGang(const GangRequest& request, const std::vector<PoolView>& pools,
              const std::set<SessionId>& taken, const std::string& reserved) {
  Gang best{.job_id = request.job_id};
  std::size_t best_left = 0;
  for (const PoolView& pool : pools) {
    if (pool.name == reserved) continue;
    std::vector<SessionId> free = FreeRanks(pool, request, taken);
    if (static_cast<int>(free.size()) < request.workers_min) continue;
    const std::size_t count = std::min(free.size(), static_cast<std::size_t>(request.workers_max));
    const std::size_t left = free.size() - count;
    if (count < best.sessions.size()) continue;
    if (count == best.sessions.size() && left >= best_left) continue;
    free.resize(count);
    best.pool = pool.name;
    best.sessions = std::move(free);
    best_left = left;
  }
  return best;
}

// The pool where the job could ever run that has most ranks free now; empty: there is none.
std::string PoolToReserve(const GangRequest& request, const std::vector<PoolView>& pools,
                          const std::set<SessionId>& taken) {
  std::string reserved;
  std::size_t most_free = 0;
  for (const PoolView& pool : pools) {
    if (UsableRanks(pool, request) < request.workers_min) continue;
    const std::size_t free = FreeRanks(pool, request, taken).size();
    if (!reserved.empty() && free <= most_free) continue;
    reserved = pool.name;
    most_free = free;
  }
  return reserved;
}

// What `victims`, in their order, give so that the request has its workers_min together with the
// `ranks` it has anyway, and as many more as they need not keep themselves. Nothing: it is not
// enough.
template <typename RanksOfJob>
std::optional<std::vector<Displacement>> Shrink(const std::vector<RunningGang>& victims,
                                                const RanksOfJob& ranks_of,
                                                const GangRequest& request, int ranks) {
  std::vector<Displacement> chosen;
  for (const RunningGang& gang : victims) {
    if (ranks >= request.workers_min) break;
    const int held = ranks_of(gang.job_id);
    const int given = std::min(held - gang.workers_min, request.workers_max - ranks);
    if (given <= 0) continue;
    ranks += given;
    chosen.push_back({.job_id = gang.job_id, .ranks_left = held - given});
  }
  if (ranks < request.workers_min) return std::nullopt;
  return chosen;
}

// The jobs of one pool that must give way, or nothing if that does not help.
std::optional<std::vector<Displacement>> PreemptIn(const PoolView& pool, const GangRequest& request,
                                                   std::vector<RunningGang> running) {
  if (UsableRanks(pool, request) < request.workers_min) return std::nullopt;
  int ranks = static_cast<int>(FreeRanks(pool, request, {}).size());
  const auto ranks_of = [&](const std::string& job_id) {
    return static_cast<int>(
        std::count_if(pool.workers.begin(), pool.workers.end(), [&](const WorkerView& worker) {
          return worker.job_id == job_id && IsUsable(worker, request);
        }));
  };
  std::erase_if(running, [&](const RunningGang& gang) { return gang.pool != pool.name; });
  for (const RunningGang& gang : running)
    if (gang.is_ending) ranks += std::max(0, ranks_of(gang.job_id) - gang.ranks_taken_back);
  ranks += static_cast<int>(
      std::count_if(pool.workers.begin(), pool.workers.end(), [&](const WorkerView& worker) {
        return worker.ends_first && worker.job_id.empty() && IsUsable(worker, request);
      }));
  std::erase_if(running, [&](const RunningGang& gang) {
    return gang.is_ending || !gang.is_preemptible || gang.spared_seconds > 0 ||
           gang.priority >= request.priority;
  });
  std::sort(running.begin(), running.end(), [](const RunningGang& a, const RunningGang& b) {
    return std::pair(a.priority, -a.generation) < std::pair(b.priority, -b.generation);
  });
  if (auto shrunk = Shrink(running, ranks_of, request, ranks)) return shrunk;
  std::vector<Displacement> chosen;
  for (const RunningGang& gang : running) {
    if (ranks >= request.workers_min) break;
    ranks += ranks_of(gang.job_id);
    chosen.push_back({.job_id = gang.job_id});
  }
  if (ranks < request.workers_min) return std::nullopt;
  return chosen;
}

std::string ExplainUnready(const PoolView& pool) {
  const std::string present = std::to_string(pool.workers.size());
  const std::string size = std::to_string(pool.world_size);
  if (pool.is_broken)
    return "pool \"" + pool.name + "\" lost a rank (" + present + " of " + size +
           " are left): its MPI world is broken and must be started again";
  return "pool \"" + pool.name + "\" has " + present + " of " + size + " ranks registered";
}

std::string CordonedWorkers(int count) {
  return WorkersText(count) + (count == 1 ? " is cordoned" : " are cordoned");
}

// "a", "a or b", "a, b or c", "a, b or 4 others".
std::string AnyOf(const std::set<std::string>& jobs) {
  constexpr std::size_t kNamedMax = 3;
  const std::size_t named = jobs.size() > kNamedMax ? kNamedMax - 1 : jobs.size() - 1;
  std::string text;
  auto job = jobs.begin();
  for (std::size_t i = 0; i < named; ++i) text += (i == 0 ? "" : ", ") + *job++;
  if (jobs.size() > kNamedMax)
    return text + " or " + std::to_string(jobs.size() - named) + " others";
  return text + (text.empty() ? "" : " or ") + *job;
}

// Some pool is large enough: its ranks are held by running jobs, or kept for the job ahead.
WaitReason ExplainBlocked(const std::vector<GangRequest>& queue, std::size_t index,
                          const std::vector<PoolView>& pools) {
  const GangRequest& request = queue[index];
  std::set<std::string> holders;
  bool is_kept_for_another = false;
  int cordoned = 0;
  for (const PoolView& pool : pools) {
    if (UsableRanks(pool, request) < request.workers_min) continue;
    const int free = static_cast<int>(FreeRanks(pool, request, {}).size());
    if (free >= request.workers_min) is_kept_for_another = index > 0;
    const int idle = CordonedRanks(pool, request, Counted::kIdle);
    if (free + idle >= request.workers_min) cordoned = std::max(cordoned, idle);
    for (const WorkerView& worker : pool.workers)
      if (!worker.job_id.empty() && IsUsable(worker, request)) holders.insert(worker.job_id);
  }
  const std::string& ahead = queue.front().job_id;
  if (is_kept_for_another)
    return {queue.front().priority > request.priority ? "WaitingForPriority" : "WaitingForTurn",
            "waits for job " + ahead + ", which is ahead in the queue",
            {ahead}};
  if (holders.empty()) return {"StartsNext", "starts next", {}};
  WaitReason reason{
      "WaitingForJobs",
      "needs " + WorkersText(request.workers_min) + ", waits for job " + AnyOf(holders) + " to end",
      {holders.begin(), holders.end()}};
  if (cordoned > 0) reason.message += "; " + CordonedWorkers(cordoned);
  if (reason.blocking_jobs.size() > kBlockingJobsMax) reason.blocking_jobs.resize(kBlockingJobsMax);
  return reason;
}

// No pool has enough ranks that take jobs, whoever uses them now.
WaitReason ExplainTooSmall(const GangRequest& request, const std::vector<PoolView>& pools) {
  const auto is_enough = [&](int ranks) { return ranks >= request.workers_min; };
  const std::string need = "needs " + WorkersText(request.workers_min);
  for (const PoolView& pool : pools) {
    const int usable = UsableRanks(pool, request);
    const int cordoned = CordonedRanks(pool, request, Counted::kAll);
    if (is_enough(usable + cordoned))
      return {"WorkersCordoned",
              need + ", pool \"" + pool.name + "\" has " + std::to_string(usable) + " that " +
                  (usable == 1 ? "takes" : "take") + " jobs, and " + CordonedWorkers(cordoned),
              {}};
  }
  for (const PoolView& pool : pools)
    if (!pool.is_ready && is_enough(pool.world_size))
      return {pool.is_broken ? "PoolBroken" : "PoolIncomplete", ExplainUnready(pool), {}};

  const PoolView& largest = *std::max_element(
      pools.begin(), pools.end(),
      [](const PoolView& a, const PoolView& b) { return a.world_size < b.world_size; });
  if (!is_enough(largest.world_size))
    return {
        "PoolTooSmall", need + ", the largest pool has " + std::to_string(largest.world_size), {}};
  const std::string kind = request.instruction_set.empty()
                               ? " that stay attached"
                               : " with " + request.instruction_set + " as in its earlier attempts";
  return {request.instruction_set.empty() ? "WorkersLeaving" : "InstructionSetMissing",
          need + kind + ", pool \"" + largest.name + "\" has " +
              std::to_string(UsableRanks(largest, request)),
          {}};
}

}  // namespace

std::vector<PoolView> PoolsFor(const std::string& job_id, std::vector<PoolView> pools) {
  std::erase_if(pools, [&](const PoolView& pool) { return !Takes(pool, job_id); });
  return pools;
}

bool CouldEverRun(const GangRequest& request, const std::vector<PoolView>& pools) {
  return std::ranges::any_of(pools, [&](const PoolView& pool) {
    return UsableRanks(pool, request) >= request.workers_min;
  });
}

std::string WorkersText(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " worker" : " workers");
}

std::vector<Gang> ScheduleGangs(const std::vector<GangRequest>& queue,
                                const std::vector<PoolView>& pools) {
  std::vector<Gang> gangs;
  std::set<SessionId> taken;
  std::string reserved;
  for (const GangRequest& request : queue) {
    DESCENT_CHECK(1 <= request.workers_min);
    DESCENT_CHECK(request.workers_min <= request.workers_max);
    Gang gang = FindGang(request, pools, taken, reserved);
    if (gang.sessions.empty()) {
      if (reserved.empty()) reserved = PoolToReserve(request, pools, taken);
      continue;
    }
    taken.insert(gang.sessions.begin(), gang.sessions.end());
    gangs.push_back(std::move(gang));
  }
  return gangs;
}

std::vector<Displacement> ChooseToPreempt(const std::vector<GangRequest>& waiting,
                                          const std::vector<RunningGang>& running,
                                          const std::vector<PoolView>& pools) {
  const auto next = std::ranges::find_if(
      waiting, [&](const GangRequest& request) { return CouldEverRun(request, pools); });
  if (next == waiting.end()) return {};
  const auto cost = [](const std::vector<Displacement>& chosen) {
    return std::pair(std::ranges::count(chosen, 0, &Displacement::ranks_left), chosen.size());
  };
  std::optional<std::vector<Displacement>> least;
  for (const PoolView& pool : pools) {
    auto chosen = PreemptIn(pool, *next, running);
    if (chosen && (!least || cost(*chosen) < cost(*least))) least = std::move(chosen);
  }
  return least.value_or(std::vector<Displacement>());
}

std::optional<Growth> ChooseToGrow(const std::vector<GangRequest>& waiting,
                                   const std::vector<GangRequest>& running,
                                   const std::vector<PoolView>& pools) {
  for (const GangRequest& request : waiting)
    if (CouldEverRun(request, pools)) return std::nullopt;
  for (const GangRequest& request : running) {
    std::size_t ranks_now = 0;
    for (const PoolView& pool : pools) ranks_now += RanksOf(request.job_id, pool);
    const Gang gang = FindGang(request, pools, {}, "");
    if (gang.sessions.size() <= ranks_now) continue;
    const auto pool = std::ranges::find(pools, gang.pool, &PoolView::name);
    return Growth{.job_id = request.job_id,
                  .pool = gang.pool,
                  .ranks_now = ranks_now,
                  .ranks = gang.sessions.size(),
                  .is_in_its_pool = RanksOf(request.job_id, *pool) > 0};
  }
  return std::nullopt;
}

std::optional<double> SecondsUntilStart(const GangRequest& request,
                                        const std::vector<PoolView>& pools,
                                        const std::map<std::string, double>& remaining) {
  std::optional<double> soonest;
  for (const PoolView& pool : pools) {
    if (UsableRanks(pool, request) < request.workers_min) continue;
    std::multiset<double> ends;  // of each rank that is held
    for (const WorkerView& worker : pool.workers)
      if (const auto job = remaining.find(worker.job_id);
          job != remaining.end() && IsUsable(worker, request))
        ends.insert(job->second);
    int missing = request.workers_min - static_cast<int>(FreeRanks(pool, request, {}).size());
    if (missing > static_cast<int>(ends.size())) continue;
    double seconds = 0;
    for (const double end : ends)
      if (missing-- > 0) seconds = end;
    if (!soonest || seconds < *soonest) soonest = seconds;
  }
  return soonest;
}

WaitReason ExplainWait(const std::vector<GangRequest>& queue, std::size_t index,
                       const std::vector<PoolView>& pools) {
  DESCENT_CHECK(index < queue.size());
  const GangRequest& request = queue[index];
  if (pools.empty()) return {"WaitingForWorkers", "no workers are attached", {}};
  const auto takes = [&](const PoolView& pool) { return Takes(pool, request.job_id); };
  if (std::ranges::none_of(pools, takes))
    return {
        "WaitingForWorkers", "all workers that are attached are there for other jobs alone", {}};
  if (!std::ranges::all_of(pools, takes))
    return ExplainWait(queue, index, PoolsFor(request.job_id, pools));
  return CouldEverRun(request, pools) ? ExplainBlocked(queue, index, pools)
                                      : ExplainTooSmall(request, pools);
}

}  // namespace descent
