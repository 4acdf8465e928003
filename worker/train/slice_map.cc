#include "worker/train/slice_map.h"

#include <algorithm>

#include "worker/collective/slice.h"
#include "worker/optim/clip.h"

namespace descent {

static_assert(kSliceUnitElements % kNormBlockElements == 0, "slices consist of whole blocks");

SliceMap::SliceMap(const ParameterLayout& layout, int world_size)
    : buckets_(layout.buckets), block_counts_(static_cast<std::size_t>(world_size)) {
  for (int bucket = 0; bucket < bucket_count(); ++bucket) {
    std::vector<IndexRange>& of_bucket = blocks_.emplace_back();
    for (int rank = 0; rank < world_size; ++rank) {
      std::int64_t& count = block_counts_[static_cast<std::size_t>(rank)];
      const std::int64_t first = count;
      count += NormBlockCount(SliceOf(bucket, rank).size());
      of_bucket.push_back({.first = first, .last = count});
    }
  }
}

IndexRange SliceMap::SliceOf(int bucket, int rank) const {
  const IndexRange elements = Bucket(bucket);
  const IndexRange slice = descent::SliceOf(elements.size(), world_size(), rank);
  return {.first = elements.first + slice.first, .last = elements.first + slice.last};
}

std::int64_t SliceMap::BlockCountOf(int rank) const {
  return block_counts_[static_cast<std::size_t>(rank)];
}

std::int64_t SliceMap::BlockCountMax() const { return std::ranges::max(block_counts_); }

IndexRange SliceMap::BlocksOf(int bucket, int rank) const {
  return blocks_[static_cast<std::size_t>(bucket)][static_cast<std::size_t>(rank)];
}

}  // namespace descent
