#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/precision.h"
#include "coordinator/membership.h"

namespace descent {

// What a waiting job asks for.
struct GangRequest {
  std::string job_id;
  int workers_min = 1;
  int workers_max = 1;
  Precision precision = Precision::kFloat32;
  int priority = 0;
  std::string instruction_set;  // of its earlier attempts: others would change its bits; empty: any
  std::set<SessionId> avoided = {};  // ranks on which it did not start, though it runs on others
};

// Ranks of one pool, reserved together or not at all.
struct Gang {
  std::string job_id;
  std::string pool;
  std::vector<SessionId> sessions;  // by world rank, ascending
};

// Serves `queue` in order. A job takes min(workers_max, free) ranks, at least workers_min, of one
// ready pool: the one that gives it most, then the one that keeps fewest free, then the first by
// name. The first job that does not fit reserves a pool that could ever hold it, so that smaller
// jobs behind it cannot starve it; they may still start in the other pools.
std::vector<Gang> ScheduleGangs(const std::vector<GangRequest>& queue,
                                const std::vector<PoolView>& pools);

// Whether one of the pools has enough ranks for it, whoever holds them now.
bool CouldEverRun(const GangRequest& request, const std::vector<PoolView>& pools);

// A job that holds ranks, as far as preemption is concerned.
struct RunningGang {
  std::string job_id;
  std::string pool;
  int priority = 0;
  std::int64_t generation = 0;  // of its attempt: the larger, the newer
  bool is_ending = false;       // it gives its ranks back soon
  int ranks_taken_back = 0;     // so many of those it takes at once: it is resized
  bool is_preemptible = false;
  int workers_min = 1;        // it can go on with so many
  double spared_seconds = 0;  // so long it is not preemptible yet
};

// A running job that must give ranks back.
struct Displacement {
  std::string job_id;
  int ranks_left = 0;  // with which it goes on at once; 0: it waits until others are free
};

// The running jobs that must give ranks back so that the first of `waiting` that could ever run,
// and got none, can start: preemptible ones of lower priority, those that are spared left out, the
// lowest priority first, then the newest. Where it is enough, they keep their workers_min, or what
// the waiting job has no use for; else they give all. Of the pools the one where the fewest jobs
// must wait, then the one where the fewest are disturbed. Nothing if ranks that are free or given
// back soon are enough, or if all that could be taken are not.
std::vector<Displacement> ChooseToPreempt(const std::vector<GangRequest>& waiting,
                                          const std::vector<RunningGang>& running,
                                          const std::vector<PoolView>& pools);

// A running job that would have more ranks if it started anew.
struct Growth {
  std::string job_id;
  std::string pool;  // where it would go on
  std::size_t ranks_now = 0;
  std::size_t ranks = 0;
  bool is_in_its_pool = false;
};

// The first of `running`, which hold ranks, that would get more if its own were free, too. Nothing
// as long as one of `waiting` could ever run: whoever waits is served before whoever grows.
std::optional<Growth> ChooseToGrow(const std::vector<GangRequest>& waiting,
                                   const std::vector<GangRequest>& running,
                                   const std::vector<PoolView>& pools);

// Those that take this job: pools that are not for another one alone.
std::vector<PoolView> PoolsFor(const std::string& job_id, std::vector<PoolView> pools);

std::string WorkersText(std::size_t count);  // "1 worker", "4 workers"

// Why a job has no gang.
struct WaitReason {
  std::string reason;  // UpperCamelCase: "WaitingForJobs", …; service.proto has all of them
  std::string
      message;  // a sentence, without a full stop: "needs 4 workers, the largest pool has 2"
  // Those that hold the ranks it waits for, or are ahead of it in the queue for them, at most
  // kBlockingJobsMax; empty: no job has what it lacks.
  std::vector<std::string> blocking_jobs;
};
inline constexpr std::size_t kBlockingJobsMax = 10;

// The place of a job that waits.
struct QueuePosition {
  int position = 0;  // 1 is next
  WaitReason reason;
  std::optional<double> estimated_start_time;  // seconds since the epoch; absent: nobody can tell
};

// What would become of a job that is submitted now.
struct Placement {
  std::optional<Gang> gang;  // it starts at once
  QueuePosition queue;       // or it waits
};

// In how many seconds a job that is next in the queue has its ranks, where those that hold them end
// as `remaining` says: seconds, by job. Nothing: it needs ranks of others, too.
std::optional<double> SecondsUntilStart(const GangRequest& request,
                                        const std::vector<PoolView>& pools,
                                        const std::map<std::string, double>& remaining);

// Of queue[index].
WaitReason ExplainWait(const std::vector<GangRequest>& queue, std::size_t index,
                       const std::vector<PoolView>& pools);

}  // namespace descent
