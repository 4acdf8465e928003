#include "worker/collective/slice.h"

#include <algorithm>

namespace descent {

IndexRange SliceOf(std::int64_t size, int world_size, int rank) {
  const std::int64_t unit_count = (size + kSliceUnitElements - 1) / kSliceUnitElements;
  const IndexRange units = PartOf(unit_count, world_size, rank);
  return {.first = std::min(size, units.first * kSliceUnitElements),
          .last = std::min(size, units.last * kSliceUnitElements)};
}

}  // namespace descent
