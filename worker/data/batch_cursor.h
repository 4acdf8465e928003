#pragma once

#include <cstdint>
#include <optional>

#include "common/shard_planner.h"

namespace descent {

// Which samples a batch holds: a micro-batch of one logical worker's part of one step.
struct BatchPlace {
  std::int64_t step = 0;
  std::int64_t logical_worker = 0;
  std::int64_t micro_index = 0;  // 0, 1, … within the logical worker's part
  IndexRange positions;          // in the global batch of the step, never empty
  bool is_first_of_logical_worker = false;
  bool is_last_of_logical_worker = false;

  bool operator==(const BatchPlace&) const = default;
};

// The batches that one rank computes: its logical workers' parts, cut into micro-batches.
struct BatchSequence {
  ShardPlan plan;
  IndexRange logical_workers;   // of this rank, not empty
  std::int64_t micro_size = 0;  // samples of a full micro-batch, >= 1
  std::int64_t first_step = 0;
  std::optional<std::int64_t> last_step;  // one past the end; absent: without end
};

// Walks a BatchSequence: step by step, in a step logical worker by logical worker, in a logical
// worker micro-batch by micro-batch. Empty parts have no batch. One thread.
class BatchCursor {
 public:
  explicit BatchCursor(const BatchSequence& sequence);

  // Where the cursor stands; nothing after the last batch.
  const std::optional<BatchPlace>& place() const { return place_; }
  void Advance();  // place() must not be empty

  // Samples of the largest batch of the sequence; 0 if the sequence has none.
  std::int64_t LargestBatch() const;

 private:
  void MoveTo(std::int64_t step, std::int64_t logical_worker);
  BatchPlace MicroBatch(std::int64_t step, std::int64_t logical_worker, std::int64_t index) const;

  const BatchSequence sequence_;
  const ShardPlanner planner_;
  std::optional<BatchPlace> place_;
};

}  // namespace descent
