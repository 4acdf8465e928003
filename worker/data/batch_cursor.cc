#include "worker/data/batch_cursor.h"

#include <algorithm>

#include "common/check.h"

namespace descent {

BatchCursor::BatchCursor(const BatchSequence& sequence)
    : sequence_(sequence), planner_(sequence.plan) {
  DESCENT_CHECK(sequence.logical_workers.first >= 0);
  DESCENT_CHECK(sequence.logical_workers.size() >= 1);
  DESCENT_CHECK(sequence.logical_workers.last <= sequence.plan.logical_workers);
  DESCENT_CHECK(sequence.micro_size >= 1);
  DESCENT_CHECK(sequence.first_step >= 0);
  if (LargestBatch() > 0) MoveTo(sequence.first_step, sequence.logical_workers.first);
}

void BatchCursor::Advance() {
  DESCENT_CHECK(place_.has_value());
  if (place_->is_last_of_logical_worker) {
    MoveTo(place_->step, place_->logical_worker + 1);
  } else {
    place_ = MicroBatch(place_->step, place_->logical_worker, place_->micro_index + 1);
  }
}

// The first step of an epoch is the largest, and the first parts of a step are the largest.
std::int64_t BatchCursor::LargestBatch() const {
  return std::min(sequence_.micro_size,
                  planner_.PositionsOf(0, sequence_.logical_workers.first).size());
}

// To the first batch at or after this logical worker's part. It ends, because some part of the
// first step of the next epoch is not empty.
void BatchCursor::MoveTo(std::int64_t step, std::int64_t logical_worker) {
  place_.reset();
  for (; !sequence_.last_step || step < *sequence_.last_step; ++step) {
    for (; logical_worker < sequence_.logical_workers.last; ++logical_worker) {
      if (planner_.PositionsOf(step, logical_worker).size() == 0) continue;
      place_ = MicroBatch(step, logical_worker, 0);
      return;
    }
    logical_worker = sequence_.logical_workers.first;
  }
}

BatchPlace BatchCursor::MicroBatch(std::int64_t step, std::int64_t logical_worker,
                                   std::int64_t index) const {
  const IndexRange part = planner_.PositionsOf(step, logical_worker);
  const std::int64_t first = part.first + index * sequence_.micro_size;
  const std::int64_t last = std::min(first + sequence_.micro_size, part.last);
  return {.step = step,
          .logical_worker = logical_worker,
          .micro_index = index,
          .positions = {.first = first, .last = last},
          .is_first_of_logical_worker = index == 0,
          .is_last_of_logical_worker = last == part.last};
}

}  // namespace descent
