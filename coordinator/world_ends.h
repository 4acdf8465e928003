#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/worker_protocol.h"
#include "coordinator/job.h"
#include "coordinator/membership.h"

namespace descent {

// Joins what is told of worlds that ended: the streams tell which ranks were lost, at which step
// and in which phase; the launcher tells which process ended first, and how. Either may come first,
// or alone. Remembers the newest worlds only.
class WorldEnds {
 public:
  // A rank of a job that was lost, as far as its stream tells.
  struct Loss {
    std::int64_t generation = 0;
    std::string member;  // "rank 2 (host/5, pid 4711)"
    FailureRecord record;
  };

  // Answers the record with the process that ended, if a launcher has told.
  std::optional<FailureRecord> AddLoss(const WorkerView& worker, Loss loss);

  struct ExplainedLoss {
    std::string job_id;
    std::int64_t generation = 0;
    FailureRecord record;
  };
  // One for each job that has lost ranks of that world, of its newest attempt there: that older
  // ones lost theirs had other reasons, as the world went on. The first exit of a world counts:
  // others follow from it.
  std::vector<ExplainedLoss> AddExit(const RankExit& exit);

 private:
  struct LostWorker {
    std::string job_id;
    int world_rank = 0;
    Loss loss;
  };
  struct World {
    std::string pool;
    std::optional<RankExit> exit;
    std::vector<LostWorker> lost;  // in the order of their loss; of a job's newest attempt
  };

  World& WorldOf(const std::string& pool);
  static FailureRecord Explain(const World& world, const std::string& job_id);

  std::deque<World> worlds_;  // newest last
};

}  // namespace descent
