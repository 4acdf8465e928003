#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/shard_planner.h"
#include "common/status.h"
#include "worker/collective/collective.h"

namespace descent {

// Tells every rank the losses of all logical workers, and whether any rank was asked to stop.
// Losses are added in double in the order of logical workers, so the sum has equal bits on every
// rank and for every number of ranks. One user at a time.
class LossExchange {
 public:
  LossExchange(std::int64_t logical_workers, int world_size, int rank);

  void BeginStep(bool is_stop_requested);
  void SetLoss(std::int64_t logical_worker, double loss);  // of this rank; others count as 0

  Status Exchange(Collective& collective);  // on the communication thread

  double loss_sum() const;
  bool is_stop_requested_anywhere() const;

 private:
  // A rank's record: the flag, then a loss for each logical worker it could have.
  std::size_t RecordSize() const { return mine_.size(); }

  const std::int64_t logical_workers_;
  const int world_size_;
  const IndexRange range_;  // this rank's logical workers
  std::vector<double> mine_;
  std::vector<double> everyones_;  // [world_size * RecordSize()]
};

}  // namespace descent
