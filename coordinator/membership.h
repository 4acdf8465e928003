#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "common/worker_protocol.h"
#include "coordinator/cordons.h"
#include "coordinator/event.h"

namespace descent {

// The part of `threads` that a process kept busy between two measurements, 1 where that is all of
// them. Nothing: one of them is not known, or they are not of one process in this order.
std::optional<double> UtilizationBetween(const ResourceUse& before, const ResourceUse& after,
                                         int threads);

// What a worker looks like from outside.
struct WorkerView {
  SessionId session = 0;
  std::string pool;
  std::string host;
  int world_rank = 0;
  std::int64_t pid = 0;
  std::string job_id;  // empty: idle
  std::string instruction_set;
  std::string version;  // of the program
  MonotonicTime last_heard;
  std::string phase;
  std::int64_t step = 0;
  PhaseTimes times;  // of the last heartbeat by which it had finished steps of its job
  std::optional<std::string> leaving;  // why, once it has said Goodbye: it gets no new job
  // The generation of an assignment that it came with, that is void, and that it has yet to end.
  std::optional<std::int64_t> ends_first = {};
  Cordon cordon = Cordon::kNone;
  int slot = 0;           // among the workers of its pool on its host; in what pools() answers
  ResourceUse resources;  // of the last heartbeat
  std::optional<double> cpu_utilization;  // between the last two

  bool takes_jobs() const { return !leaving && cordon == Cordon::kNone; }
  bool is_held() const { return !job_id.empty() || ends_first; }
  bool is_free() const { return !is_held() && takes_jobs(); }
  std::string name() const { return host + "/" + std::to_string(world_rank); }
};

struct PoolView {
  std::string name;
  int world_size = 0;
  int free = 0;
  bool is_ready = false;            // all its ranks have registered
  bool is_broken = false;           // it was ready and lost a rank: its MPI world is over
  std::string only_job;             // it takes this one alone; empty: it takes any
  std::vector<WorkerView> workers;  // by world rank
};

// What a worker is there for, as people are told.
enum class WorkerState {
  kJoining,   // its pool is not complete
  kReady,     // gets jobs
  kCordoned,  // gets no new job
  kDraining,  // cordoned, and its job is about to leave it
  kLeaving,   // has said Goodbye
};

inline constexpr std::string_view kDevice = "cpu";  // that all workers compute with

std::string SlotName(const WorkerView& worker);  // "cpu:0"

WorkerState StateOf(const WorkerView& worker, const PoolView& pool);
std::string_view WorkerStateName(WorkerState state);  // "READY"

// Who is attached: workers by session, grouped into pools. A pool exists while it has a worker.
class Membership {
 public:
  // The session that now holds this rank of the pool, if there is one.
  std::optional<SessionId> HolderOf(const std::string& pool, int world_rank) const;

  // kInvalidArgument: the rank is not inside the world, or the pool's other ranks name another
  // world size or only job.
  Status Check(const Register& message) const;

  // The message is checked, the session is new and the rank has no holder.
  WorkerView& Admit(SessionId session, const Register& message, MonotonicTime now);

  void Remove(SessionId session);  // nothing happens if it is unknown

  WorkerView* Find(SessionId session);              // null: unknown
  const WorkerView* Find(SessionId session) const;  // null: unknown
  // A worker of the pool that leaves; null: none does.
  const WorkerView* FindLeaver(const std::string& pool) const;
  bool HasPool(const std::string& name) const { return pools_.contains(name); }
  bool IsReady(const std::string& pool) const;  // all its ranks have registered
  bool HasFreeWorker() const;
  std::vector<PoolView> pools() const;                                    // by name
  std::vector<SessionId> SessionsFor(const std::string& only_job) const;  // of pools for it alone
  std::vector<SessionId> SilentSince(MonotonicTime time) const;  // last heard before `time`

 private:
  struct Pool {
    int world_size = 0;
    bool was_ready = false;
    std::string only_job;
    std::map<int, SessionId> sessions;  // by world rank

    bool is_ready() const { return static_cast<int>(sessions.size()) == world_size; }
  };

  std::map<SessionId, WorkerView> workers_;
  std::map<std::string, Pool> pools_;
};

}  // namespace descent
