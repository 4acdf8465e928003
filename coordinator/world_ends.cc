#include "coordinator/world_ends.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/check.h"
#include "common/process_end.h"

namespace descent {
namespace {

constexpr std::size_t kWorldsKept = 64;

}  // namespace

std::optional<FailureRecord> WorldEnds::AddLoss(const WorkerView& worker, Loss loss) {
  World& world = WorldOf(worker.pool);
  std::erase_if(world.lost, [&](const LostWorker& lost) {
    return lost.job_id == worker.job_id && lost.loss.generation < loss.generation;
  });
  world.lost.push_back({worker.job_id, worker.world_rank, std::move(loss)});
  if (!world.exit) return std::nullopt;
  return Explain(world, worker.job_id);
}

std::vector<WorldEnds::ExplainedLoss> WorldEnds::AddExit(const RankExit& exit) {
  World& world = WorldOf(exit.pool);
  if (world.exit) return {};
  world.exit = exit;
  std::vector<ExplainedLoss> explained;
  std::set<std::string> told;
  for (const LostWorker& lost : world.lost)
    if (told.insert(lost.job_id).second)
      explained.push_back({lost.job_id, lost.loss.generation, Explain(world, lost.job_id)});
  return explained;
}

WorldEnds::World& WorldEnds::WorldOf(const std::string& pool) {
  const auto found = std::find_if(worlds_.begin(), worlds_.end(),
                                  [&](const World& world) { return world.pool == pool; });
  if (found != worlds_.end()) return *found;
  if (worlds_.size() == kWorldsKept) worlds_.pop_front();
  worlds_.push_back({.pool = pool, .exit = std::nullopt, .lost = {}});
  return worlds_.back();
}

FailureRecord WorldEnds::Explain(const World& world, const std::string& job_id) {
  const RankExit& exit = *world.exit;
  const LostWorker* first = nullptr;
  const LostWorker* blamed = nullptr;
  for (const LostWorker& lost : world.lost) {
    if (lost.job_id != job_id) continue;
    if (first == nullptr) first = &lost;
    if (lost.world_rank == exit.world_rank) blamed = &lost;
  }
  DESCENT_CHECK(first != nullptr);
  FailureRecord record = blamed != nullptr ? blamed->loss.record : first->loss.record;
  record.reason = "WorkerLost";
  record.exit_code = exit.exit_code;
  record.signal = exit.signal;
  const std::string end = ProcessEndText(exit.exit_code, exit.signal);
  const std::string where = fmt::format("at step {}{}", record.step,
                                        record.phase.empty() ? "" : " in phase " + record.phase);
  if (blamed != nullptr) {
    record.message = fmt::format("{} ended with {} {}", blamed->loss.member, end, where);
    return record;
  }
  // mpirun itself, or a rank that was not one of the job's.
  const std::string who = exit.world_rank < 0 ? std::string("mpirun")
                                              : fmt::format("rank {} of the pool", exit.world_rank);
  record.rank = -1;
  record.host = exit.host;
  record.message = fmt::format("{} ({}, pid {}) ended with {}; {} was lost {}", who, exit.host,
                               exit.pid, end, first->loss.member, where);
  return record;
}

}  // namespace descent
