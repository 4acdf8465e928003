#include "coordinator/scheduler.h"

#include <algorithm>
#include <set>

#include "common/check.h"

namespace descent {
namespace {

bool Matches(const WorkerView& worker, const GangRequest& request) {
  return request.instruction_set.empty() || worker.instruction_set == request.instruction_set;
}

// Ranks the job may use if nobody else used them.
int UsableRanks(const PoolView& pool, const GangRequest& request) {
  if (!pool.is_ready) return 0;
  return static_cast<int>(std::count_if(
      pool.workers.begin(), pool.workers.end(),
      [&](const WorkerView& worker) { return !worker.leaving && Matches(worker, request); }));
}

std::vector<SessionId> FreeRanks(const PoolView& pool, const GangRequest& request,
                                 const std::set<SessionId>& taken) {
  std::vector<SessionId> free;
  if (!pool.is_ready) return free;
  for (const WorkerView& worker : pool.workers)
    if (worker.is_free() && !taken.contains(worker.session) && Matches(worker, request))
      free.push_back(worker.session);
  return free;
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

std::string Workers(int count) {
  return std::to_string(count) + (count == 1 ? " worker" : " workers");
}

std::string ExplainUnready(const PoolView& pool) {
  const std::string present = std::to_string(pool.workers.size());
  const std::string size = std::to_string(pool.world_size);
  if (pool.is_broken)
    return "pool \"" + pool.name + "\" lost a rank (" + present + " of " + size +
           " are left): its MPI world is broken and must be started again";
  return "pool \"" + pool.name + "\" has " + present + " of " + size + " ranks registered";
}

// The jobs that hold the ranks, or else the waiting job ahead that they are kept for.
std::string ExplainBlocked(const std::vector<GangRequest>& queue, std::size_t index,
                           const std::vector<PoolView>& pools) {
  std::set<std::string> holders;
  for (const PoolView& pool : pools) {
    if (UsableRanks(pool, queue[index]) < queue[index].workers_min) continue;
    for (const WorkerView& worker : pool.workers)
      if (!worker.job_id.empty()) holders.insert(worker.job_id);
  }
  const std::string need = "needs " + Workers(queue[index].workers_min) + ", waits for job ";
  if (index > 0) return need + queue[0].job_id + ", which is ahead in the queue";
  if (holders.empty()) return "starts next";
  return need + *holders.begin() + (holders.size() > 1 ? " and others" : "") + " to free them";
}

}  // namespace

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

std::string ExplainWait(const std::vector<GangRequest>& queue, std::size_t index,
                        const std::vector<PoolView>& pools) {
  DESCENT_CHECK(index < queue.size());
  const GangRequest& request = queue[index];
  if (pools.empty()) return "no workers are attached";

  const PoolView* largest = nullptr;
  for (const PoolView& pool : pools) {
    if (!pool.is_ready) continue;
    if (UsableRanks(pool, request) >= request.workers_min)
      return ExplainBlocked(queue, index, pools);
    if (largest == nullptr || pool.world_size > largest->world_size) largest = &pool;
  }
  if (largest == nullptr) return ExplainUnready(pools.front());
  const std::string need = "needs " + Workers(request.workers_min);
  if (largest->world_size < request.workers_min)
    return need + ", the largest pool has " + std::to_string(largest->world_size);
  return need + " that stay attached" +
         (request.instruction_set.empty()
              ? ""
              : " with " + request.instruction_set + " as in its earlier attempts") +
         ", pool \"" + largest->name + "\" has " + std::to_string(UsableRanks(*largest, request));
}

}  // namespace descent
