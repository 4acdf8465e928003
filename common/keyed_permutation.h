#pragma once

#include <cstdint>

#include "common/random.h"

namespace descent {

// A keyed permutation of [0, count), with random access, in O(1) memory. A balanced Feistel network
// of 6 rounds over the smallest power of four that is >= count, with Philox as round function;
// positions that map outside are mapped again (cycle walking: Black and Rogaway 2002, "Ciphers with
// arbitrary finite domains"). Immutable, so any thread may call it.
class KeyedPermutation {
 public:
  // count in [1, 2^62]. Another tweak, such as an epoch, gives another permutation under one key.
  KeyedPermutation(PhiloxKey key, std::uint64_t tweak, std::int64_t count);

  // Where `position` goes; both in [0, count).
  std::int64_t At(std::int64_t position) const;

 private:
  std::uint64_t Permute(std::uint64_t value) const;

  const PhiloxKey key_;
  const std::uint64_t tweak_;
  const std::int64_t count_;
  const int half_bits_;
};

}  // namespace descent
