#pragma once

#include <array>
#include <cstddef>

namespace descent {

// The memory traffic of an update with two moments and nothing else: three arrays become themselves
// plus a fourth, `count` values each, with the widest vectors that the machine has.
struct UpdateStreams {
  const float* added;
  std::array<const float*, 3> from;
  std::array<float*, 3> to;
  std::size_t count;  // a multiple of 16; with `past_caches`, `to` is aligned to 64 bytes
};

void RunUpdateStreams(const UpdateStreams& streams, bool past_caches);

}  // namespace descent
