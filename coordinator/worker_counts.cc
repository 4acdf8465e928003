#include "coordinator/worker_counts.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "common/limits.h"

namespace descent {
namespace {

constexpr double kSuspectSeconds = std::chrono::duration<double>(limits::kWorkerLease).count() / 2;

std::string InLowerCase(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::int64_t LostOf(const PoolView& pool) {
  return pool.is_broken ? pool.world_size - std::ssize(pool.workers) : 0;
}

}  // namespace

std::map<std::string, std::int64_t> CountWorkersByState(const PoolView& pool, MonotonicTime now) {
  std::map<std::string, std::int64_t> counts = {{"suspect", 0}, {"lost", LostOf(pool)}};
  for (const WorkerState state :
       {WorkerState::kJoining, WorkerState::kReady, WorkerState::kCordoned, WorkerState::kDraining,
        WorkerState::kLeaving})
    counts[InLowerCase(WorkerStateName(state))] = 0;
  for (const WorkerView& worker : pool.workers)
    ++counts[SecondsBetween(worker.last_heard, now) > kSuspectSeconds
                 ? "suspect"
                 : InLowerCase(WorkerStateName(StateOf(worker, pool)))];
  return counts;
}

SlotCounts CountSlots(const PoolView& pool) {
  SlotCounts counts{.free = pool.free, .lost = LostOf(pool)};
  for (const WorkerView& worker : pool.workers) {
    if (!worker.job_id.empty())
      ++counts.allocated;
    else if (worker.cordon != Cordon::kNone)
      ++counts.cordoned;
  }
  return counts;
}

}  // namespace descent
