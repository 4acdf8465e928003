#include "coordinator/membership.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/check.h"
#include "common/limits.h"

namespace descent {
namespace {

constexpr std::array<std::pair<WorkerState, std::string_view>, 5> kStateNames = {{
    {WorkerState::kJoining, "JOINING"},
    {WorkerState::kReady, "READY"},
    {WorkerState::kCordoned, "CORDONED"},
    {WorkerState::kDraining, "DRAINING"},
    {WorkerState::kLeaving, "LEAVING"},
}};

std::string OnlyJobText(const std::string& only_job) {
  return only_job.empty() ? "any job" : fmt::format("job {}", only_job);
}

}  // namespace

std::optional<double> UtilizationBetween(const ResourceUse& before, const ResourceUse& after,
                                         int threads) {
  const double seconds = after.measured_at_seconds - before.measured_at_seconds;
  const double used = after.cpu_seconds - before.cpu_seconds;
  if (before.host_cpus == 0 || after.host_cpus == 0 || seconds <= 0 || used < 0)
    return std::nullopt;
  return used / (seconds * threads);
}

std::string SlotName(const WorkerView& worker) {
  return fmt::format("{}:{}", kDevice, worker.slot);
}

WorkerState StateOf(const WorkerView& worker, const PoolView& pool) {
  if (worker.leaving) return WorkerState::kLeaving;
  if (worker.cordon == Cordon::kDraining && !worker.job_id.empty()) return WorkerState::kDraining;
  if (worker.cordon != Cordon::kNone) return WorkerState::kCordoned;
  return pool.is_ready ? WorkerState::kReady : WorkerState::kJoining;
}

std::string_view WorkerStateName(WorkerState state) {
  for (const auto& [value, name] : kStateNames)
    if (value == state) return name;
  return "UNKNOWN";
}

std::optional<SessionId> Membership::HolderOf(const std::string& pool, int world_rank) const {
  const auto found = pools_.find(pool);
  if (found == pools_.end()) return std::nullopt;
  const auto session = found->second.sessions.find(world_rank);
  if (session == found->second.sessions.end()) return std::nullopt;
  return session->second;
}

Status Membership::Check(const Register& message) const {
  if (message.world_size < 1 || message.world_size > limits::kWorldSizeMax)
    return Status(Code::kInvalidArgument, fmt::format("a world of {} ranks, must be 1 to {}",
                                                      message.world_size, limits::kWorldSizeMax));
  if (message.world_rank < 0 || message.world_rank >= message.world_size)
    return Status(Code::kInvalidArgument, fmt::format("rank {} is not in a world of {}",
                                                      message.world_rank, message.world_size));
  const auto pool = pools_.find(message.pool);
  if (pool != pools_.end() && pool->second.world_size != message.world_size)
    return Status(Code::kInvalidArgument,
                  fmt::format("pool \"{}\" has {} ranks, rank {} says {}", message.pool,
                              pool->second.world_size, message.world_rank, message.world_size));
  if (pool != pools_.end() && pool->second.only_job != message.only_job)
    return Status(Code::kInvalidArgument,
                  fmt::format("pool \"{}\" is for {}, rank {} says {}", message.pool,
                              OnlyJobText(pool->second.only_job), message.world_rank,
                              OnlyJobText(message.only_job)));
  return Status();
}

WorkerView& Membership::Admit(SessionId session, const Register& message, MonotonicTime now) {
  DESCENT_CHECK(Check(message).ok());
  DESCENT_CHECK(!workers_.contains(session));
  DESCENT_CHECK(!HolderOf(message.pool, message.world_rank));
  Pool& pool = pools_[message.pool];
  pool.world_size = message.world_size;
  pool.only_job = message.only_job;
  pool.sessions[message.world_rank] = session;
  if (pool.is_ready()) pool.was_ready = true;
  return workers_[session] = {.session = session,
                              .pool = message.pool,
                              .host = message.host,
                              .world_rank = message.world_rank,
                              .pid = message.pid,
                              .instruction_set = message.instruction_set,
                              .version = message.version,
                              .last_heard = now};
}

void Membership::Remove(SessionId session) {
  const auto worker = workers_.find(session);
  if (worker == workers_.end()) return;
  const auto pool = pools_.find(worker->second.pool);
  pool->second.sessions.erase(worker->second.world_rank);
  if (pool->second.sessions.empty()) pools_.erase(pool);
  workers_.erase(worker);
}

WorkerView* Membership::Find(SessionId session) {
  const auto worker = workers_.find(session);
  return worker == workers_.end() ? nullptr : &worker->second;
}

const WorkerView* Membership::Find(SessionId session) const {
  const auto worker = workers_.find(session);
  return worker == workers_.end() ? nullptr : &worker->second;
}

bool Membership::IsReady(const std::string& pool) const {
  const auto found = pools_.find(pool);
  return found != pools_.end() && found->second.is_ready();
}

bool Membership::HasFreeWorker() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& entry) { return entry.second.is_free(); });
}

const WorkerView* Membership::FindLeaver(const std::string& pool) const {
  const auto found = pools_.find(pool);
  if (found == pools_.end()) return nullptr;
  for (const auto& [world_rank, session] : found->second.sessions)
    if (const WorkerView& worker = workers_.at(session); worker.leaving) return &worker;
  return nullptr;
}

std::vector<PoolView> Membership::pools() const {
  std::vector<PoolView> views;
  for (const auto& [name, pool] : pools_) {
    PoolView view{.name = name, .world_size = pool.world_size};
    view.is_ready = pool.is_ready();
    view.is_broken = pool.was_ready && !view.is_ready;
    std::map<std::string, int> slots;  // taken so far, by host
    view.only_job = pool.only_job;
    for (const auto& [world_rank, session] : pool.sessions) {
      view.workers.push_back(workers_.at(session));
      view.workers.back().slot = slots[view.workers.back().host]++;
      if (view.workers.back().is_free()) ++view.free;
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<SessionId> Membership::SessionsFor(const std::string& only_job) const {
  std::vector<SessionId> found;
  for (const auto& [name, pool] : pools_)
    if (pool.only_job == only_job)
      for (const auto& [world_rank, session] : pool.sessions) found.push_back(session);
  return found;
}

std::vector<SessionId> Membership::SilentSince(MonotonicTime time) const {
  std::vector<SessionId> silent;
  for (const auto& [session, worker] : workers_)
    if (worker.last_heard < time) silent.push_back(session);
  return silent;
}

}  // namespace descent
