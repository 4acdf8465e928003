#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/shard_planner.h"
#include "common/status.h"
#include "worker/collective/collective.h"
#include "worker/train/slice_map.h"
#include "worker/train/step_requests.h"

namespace descent {

// What the ranks tell each other once in a step, in one message each: the losses of their logical
// workers, how many answers these are the losses of and the sums of squares of these workers'
// gradients, the sums of squares of their slices of the gradient, and what they were asked for.
// Losses are added in double in the order of logical workers, and squares in the order of
// blocks, so both have equal bits on every rank and for every number of ranks. One user at a time.
class StepExchange {
 public:
  // `slices` outlives it.
  StepExchange(std::int64_t logical_workers, const SliceMap& slices, int rank);

  void BeginStep(const StepRequests& mine);
  // Of this rank's logical workers; what is not set counts as 0.
  void SetLoss(std::int64_t logical_worker, double loss, std::int64_t counted_answers);
  void SetGradientSquares(std::int64_t logical_worker, double square_sum);

  // Where the sums of squares of this rank's blocks go: [slices.BlockCountOf(rank)].
  std::span<double> square_sums();

  Status Exchange(Collective& collective);  // on the communication thread

  double loss_sum() const;
  std::int64_t counted_answers() const;  // of all logical workers
  double gradient_norm() const;          // of the sum over all samples
  double loss_of(std::int64_t logical_worker) const;
  std::int64_t counted_answers_of(std::int64_t logical_worker) const;
  double gradient_squares_of(std::int64_t logical_worker) const;
  StepRequests requests()
      const;  // of all ranks: any stop and its evaluation, the newest checkpoint

 private:
  // A rank's record: its requests, for each logical worker it could have a loss, then for each a
  // sum of squares, then for each a count, and a sum for each block it could have.
  std::size_t RecordSize() const { return mine_.size(); }
  std::size_t LogicalWorkersMax() const;
  std::size_t FirstBlock() const;
  std::size_t PlaceOf(std::int64_t logical_worker) const;
  std::span<const double> RecordOf(int rank) const;
  // What the record of its rank holds of a logical worker, `first` being that of the rank's first.
  double ValueOf(std::int64_t logical_worker, std::size_t first) const;

  const std::int64_t logical_workers_;
  const SliceMap& slices_;
  const int rank_;
  std::vector<double> mine_;
  std::vector<double> everyones_;  // [world_size * RecordSize()]
};

}  // namespace descent
