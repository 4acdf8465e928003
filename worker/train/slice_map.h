#pragma once

#include <cstdint>
#include <vector>

#include "worker/plan/parameter_layout.h"

namespace descent {

// Which part of the arenas each rank reduces, and updates if the update is sharded: its slice
// (collective/slice.h) of every bucket. Slices consist of whole blocks of the gradient's norm,
// whose sums every rank tells the others. A function of the layout and the world size alone.
// Immutable.
class SliceMap {
 public:
  SliceMap(const ParameterLayout& layout, int world_size);

  int world_size() const { return static_cast<int>(block_counts_.size()); }
  int bucket_count() const { return static_cast<int>(buckets_.size()); }
  IndexRange Bucket(int bucket) const { return buckets_[static_cast<std::size_t>(bucket)]; }

  // The rank's slice of the bucket, by its place in the arena; may be empty.
  IndexRange SliceOf(int bucket, int rank) const;

  // The blocks of all of a rank's slices: how many, and those of one bucket among them.
  std::int64_t BlockCountOf(int rank) const;
  std::int64_t BlockCountMax() const;
  IndexRange BlocksOf(int bucket, int rank) const;

 private:
  const std::vector<IndexRange> buckets_;
  std::vector<std::vector<IndexRange>> blocks_;  // [bucket][rank]
  std::vector<std::int64_t> block_counts_;       // [rank]
};

}  // namespace descent
