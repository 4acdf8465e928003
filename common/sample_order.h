#pragma once

#include <cstdint>

#include "common/random.h"

namespace descent {

// The order in which one epoch reads a dataset: a keyed permutation of [0, sample_count), with
// random access, in O(1) memory. A balanced Feistel network of 6 rounds over the smallest power of
// four that is >= sample_count, with Philox as round function; positions that map outside are
// mapped again (cycle walking: Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
// Immutable, so any thread may call it.
class SampleOrder {
 public:
  // sample_count in [1, 2^62].
  SampleOrder(std::uint64_t seed, std::int64_t epoch, std::int64_t sample_count);

  // The sample at `position`; both in [0, sample_count).
  std::int64_t At(std::int64_t position) const;

 private:
  std::uint64_t Permute(std::uint64_t value) const;

  const std::int64_t sample_count_;
  const std::int64_t epoch_;
  const PhiloxKey key_;
  const int half_bits_;
};

}  // namespace descent
