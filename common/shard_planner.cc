#include "common/shard_planner.h"

#include <algorithm>
#include <bit>

#include "common/check.h"

namespace descent {

IndexRange PartOf(std::int64_t count, std::int64_t parts, std::int64_t i) {
  DESCENT_CHECK(count >= 0);
  DESCENT_CHECK(parts >= 1);
  DESCENT_CHECK(i >= 0);
  DESCENT_CHECK(i < parts);
  // The first count % parts parts get one more: no product that could overflow.
  const std::int64_t smaller = count / parts;
  const std::int64_t larger_parts = count % parts;
  const std::int64_t first = smaller * i + std::min(i, larger_parts);
  return {.first = first, .last = first + smaller + (i < larger_parts ? 1 : 0)};
}

IndexRange LogicalWorkersOf(std::int64_t logical_workers, int world_size, int rank) {
  DESCENT_CHECK(world_size >= 1);
  DESCENT_CHECK(world_size <= logical_workers);
  DESCENT_CHECK(rank >= 0);
  DESCENT_CHECK(rank < world_size);
  return PartOf(logical_workers, world_size, rank);
}

ShardPlanner::ShardPlanner(const ShardPlan& plan) : plan_(plan) {
  DESCENT_CHECK(plan.sample_count >= 1);
  DESCENT_CHECK(plan.global_batch >= 1);
  DESCENT_CHECK(plan.logical_workers >= 1);
  DESCENT_CHECK(std::has_single_bit(static_cast<std::uint64_t>(plan.logical_workers)));
  DESCENT_CHECK(plan.shuffle.block >= 1);
  DESCENT_CHECK(plan.tail == EpochTail::kKeep || plan.sample_count >= plan.global_batch);
}

std::int64_t ShardPlanner::steps_per_epoch() const {
  const std::int64_t full = plan_.sample_count / plan_.global_batch;
  const bool has_tail = plan_.sample_count % plan_.global_batch != 0;
  return full + (has_tail && plan_.tail == EpochTail::kKeep ? 1 : 0);
}

std::int64_t ShardPlanner::EpochOf(std::int64_t step) const {
  DESCENT_CHECK(step >= 0);
  return step / steps_per_epoch();
}

std::int64_t ShardPlanner::StepSize(std::int64_t step) const {
  DESCENT_CHECK(step >= 0);
  const std::int64_t first = step % steps_per_epoch() * plan_.global_batch;
  return std::min(plan_.global_batch, plan_.sample_count - first);
}

IndexRange ShardPlanner::PositionsOf(std::int64_t step, std::int64_t logical_worker) const {
  return PartOf(StepSize(step), plan_.logical_workers, logical_worker);
}

std::vector<std::int64_t> ShardPlanner::SamplesAt(std::int64_t step, IndexRange positions) const {
  DESCENT_CHECK(positions.first <= positions.last);
  std::vector<std::int64_t> samples(static_cast<std::size_t>(positions.size()));
  CopySamplesAt(step, positions, samples);
  return samples;
}

void ShardPlanner::CopySamplesAt(std::int64_t step, IndexRange positions,
                                 std::span<std::int64_t> samples) const {
  DESCENT_CHECK(positions.first >= 0);
  DESCENT_CHECK(positions.first <= positions.last);
  DESCENT_CHECK(positions.last <= StepSize(step));
  DESCENT_CHECK(std::ssize(samples) == positions.size());
  const SampleOrder order(plan_.seed, EpochOf(step), plan_.sample_count, plan_.shuffle);
  const std::int64_t step_first = step % steps_per_epoch() * plan_.global_batch;
  for (std::int64_t i = 0; i < positions.size(); ++i)
    samples[static_cast<std::size_t>(i)] = order.At(step_first + positions.first + i);
}

}  // namespace descent
