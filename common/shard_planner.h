#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/sample_order.h"

namespace descent {

enum class EpochTail {
  kDrop,  // the samples that do not fill a batch are not read in this epoch
  kKeep,  // they make a short batch, divided by its true count
};

// The rule from which every rank computes the same samples (docs/numerics.md). A few numbers, so
// the coordinator sends the rule and never an index list.
struct ShardPlan {
  std::int64_t sample_count = 0;  // of the training set, >= global_batch when the tail is dropped
  std::int64_t global_batch = 0;  // samples of a full step
  std::int64_t logical_workers = 0;  // V: a power of two
  std::uint64_t seed = 0;
  EpochTail tail = EpochTail::kDrop;
  ShuffleSpec shuffle;

  bool operator==(const ShardPlan&) const = default;
};

// A run [first, last). Empty if first == last.
struct IndexRange {
  std::int64_t first = 0;
  std::int64_t last = 0;

  std::int64_t size() const { return last - first; }
  bool operator==(const IndexRange&) const = default;
};

// The i-th of `parts` contiguous parts of [0, count); sizes differ by at most one.
IndexRange PartOf(std::int64_t count, std::int64_t parts, std::int64_t i);

// Logical workers of `rank` among `world_size` ranks: contiguous, world_size <= logical_workers.
IndexRange LogicalWorkersOf(std::int64_t logical_workers, int world_size, int rank);

// Answers what a step reads, under a plan. Steps count from 0. Immutable, so any thread may call.
class ShardPlanner {
 public:
  explicit ShardPlanner(const ShardPlan& plan);

  std::int64_t steps_per_epoch() const;
  std::int64_t EpochOf(std::int64_t step) const;

  // Samples of a step over all logical workers: global_batch, or fewer in a kept tail.
  std::int64_t StepSize(std::int64_t step) const;

  // The part of `logical_worker` as positions in the global batch of the step, [0, StepSize).
  IndexRange PositionsOf(std::int64_t step, std::int64_t logical_worker) const;

  // The dataset's sample at each of `positions` of the step, in order.
  std::vector<std::int64_t> SamplesAt(std::int64_t step, IndexRange positions) const;
  // The same into `samples` [positions.size()], without allocating.
  void CopySamplesAt(std::int64_t step, IndexRange positions,
                     std::span<std::int64_t> samples) const;

 private:
  const ShardPlan plan_;
};

}  // namespace descent
