#pragma once

#include <cstdint>

#include "common/keyed_permutation.h"

namespace descent {

enum class Shuffle {
  kFull,   // all samples among one another
  kBlock,  // blocks of neighbours, and the samples within each: reads stay near one another
  kNone,   // as they are stored
};

struct ShuffleSpec {
  Shuffle mode = Shuffle::kFull;
  std::int64_t block = 4096;  // samples of a block, >= 1; of kBlock

  bool operator==(const ShuffleSpec&) const = default;
};

// The order in which one epoch reads a dataset: a permutation of [0, sample_count) that is a
// function of (seed, epoch), with random access, in O(1) memory. Immutable, so any thread may call
// it.
//   full   KeyedPermutation of all samples
//   block  KeyedPermutation of the full blocks, among which the short one, where there is one, has
//   a
//          place drawn by chance; a KeyedPermutation within each block, under a key of its own
//   none   the identity
class SampleOrder {
 public:
  // sample_count in [1, 2^62].
  SampleOrder(std::uint64_t seed, std::int64_t epoch, std::int64_t sample_count,
              const ShuffleSpec& shuffle = {});

  // The sample at `position`; both in [0, sample_count).
  std::int64_t At(std::int64_t position) const;

 private:
  std::int64_t InBlock(std::int64_t block, std::int64_t offset) const;

  const std::int64_t sample_count_;
  const std::int64_t epoch_;
  const ShuffleSpec shuffle_;
  const PhiloxKey block_key_;  // of what is within blocks
  const std::int64_t full_blocks_;
  const KeyedPermutation permutation_;    // of the samples, or of the full blocks
  const std::int64_t short_block_place_;  // among the full blocks, [0, full_blocks_]
};

}  // namespace descent
