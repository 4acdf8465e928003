#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/shard_planner.h"

namespace descent {

// Slices are cut at multiples of this many elements, so that sums over fixed blocks, such as the
// gradient's norm, can be taken slice by slice, and no two ranks write one cache line.
inline constexpr std::int64_t kSliceUnitElements = 4096;

// The rank's slice of a bucket of `size` elements, relative to its start. In rank order the slices
// tile the bucket; their sizes differ by at most one unit, and a slice may be empty.
IndexRange SliceOf(std::int64_t size, int world_size, int rank);

// The values of that slice.
template <typename T>
std::span<T> SliceIn(std::span<T> bucket, int world_size, int rank) {
  const IndexRange slice = SliceOf(static_cast<std::int64_t>(bucket.size()), world_size, rank);
  return bucket.subspan(static_cast<std::size_t>(slice.first),
                        static_cast<std::size_t>(slice.size()));
}

}  // namespace descent
