#include "worker/train/update_measure.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/check.h"
#include "worker/optim/clip.h"

namespace descent {
namespace {

// Element i of a block goes to sum i % kLanes, whatever the vector width.
constexpr std::size_t kLanes = 16;

double SumOfSquaredDifferences(std::span<const float> before, std::span<const float> after) {
  std::array<double, kLanes> sums{};
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double moved = double{after[i]} - before[i];
    sums[i % kLanes] += moved * moved;
  }
  double sum = 0;
  for (const double lane_sum : sums) sum += lane_sum;
  return sum;
}

}  // namespace

std::vector<UpdateChunk> ChunksOf(const SliceMap& slices, int rank, std::int64_t elements_max) {
  DESCENT_CHECK(elements_max % kNormBlockElements == 0);
  std::vector<UpdateChunk> chunks;
  for (int bucket = 0; bucket < slices.bucket_count(); ++bucket) {
    const IndexRange slice = slices.SliceOf(bucket, rank);
    std::int64_t block = slices.BlocksOf(bucket, rank).first;
    for (std::int64_t first = slice.first; first < slice.last; first += elements_max) {
      chunks.push_back({{first, std::min(slice.last, first + elements_max)}, block});
      block += elements_max / kNormBlockElements;
    }
  }
  return chunks;
}

UpdateMeasure::UpdateMeasure(const SliceMap& slices, int rank)
    : slices_(slices),
      rank_(rank),
      mine_(static_cast<std::size_t>(slices.BlockCountMax())),
      everyones_(mine_.size() * static_cast<std::size_t>(slices.world_size())) {}

void UpdateMeasure::Add(std::int64_t first_block, std::span<const float> before,
                        std::span<const float> after) {
  DESCENT_CHECK(before.size() == after.size());
  for (auto block = static_cast<std::size_t>(first_block); !after.empty(); ++block) {
    const std::size_t size = std::min(after.size(), static_cast<std::size_t>(kNormBlockElements));
    DESCENT_CHECK(block < mine_.size());
    BlockSum& sum = mine_[block];
    sum.moved = SumOfSquaredDifferences(before.first(size), after.first(size));
    SumSquaresOfBlocks(after.first(size), std::span(&sum.weights, 1));
    before = before.subspan(size);
    after = after.subspan(size);
  }
}

Result<double> UpdateMeasure::Ratio(Collective& collective) {
  if (slices_.world_size() == 1) {
    everyones_ = mine_;
  } else {
    DESCENT_CHECK(slices_.world_size() == collective.world_size());
    DESCENT_CHECK(rank_ == collective.rank());
    DESCENT_RETURN_IF_ERROR(collective.AllGather(std::as_bytes(std::span<const BlockSum>(mine_)),
                                                 std::as_writable_bytes(std::span(everyones_))));
  }
  BlockSum total;
  for (int bucket = 0; bucket < slices_.bucket_count(); ++bucket)
    for (int rank = 0; rank < slices_.world_size(); ++rank) {
      const IndexRange blocks = slices_.BlocksOf(bucket, rank);
      const auto record =
          std::span(everyones_).subspan(static_cast<std::size_t>(rank) * mine_.size());
      for (const BlockSum& sum : record.subspan(static_cast<std::size_t>(blocks.first),
                                                static_cast<std::size_t>(blocks.size()))) {
        total.moved += sum.moved;
        total.weights += sum.weights;
      }
    }
  return total.weights > 0 ? std::sqrt(total.moved / total.weights) : 0.0;
}

}  // namespace descent
