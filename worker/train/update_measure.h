#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/result.h"
#include "worker/collective/collective.h"
#include "worker/train/slice_map.h"

namespace descent {

// What one thread updates at a time: whole blocks of one slice.
struct UpdateChunk {
  IndexRange elements;           // of the arenas
  std::int64_t first_block = 0;  // among those of the rank (SliceMap::BlocksOf)
};

// All slices of the rank, in chunks of at most so many elements, a multiple of a block's.
std::vector<UpdateChunk> ChunksOf(const SliceMap& slices, int rank, std::int64_t elements_max);

// How far an update moves the weights: |new - old| / |new| over all parameters, for people. Squares
// are summed by blocks of buckets, as for the gradient's norm, so the bits do not depend on how the
// update is shared out.
class UpdateMeasure {
 public:
  // Whose slices this rank updates: those of `rank` in `slices`, which outlives the measure.
  UpdateMeasure(const SliceMap& slices, int rank);

  // A part of this rank's slices, of whole blocks from the block number `first_block` on: the
  // weights before the update and after it. Any thread, for parts that do not overlap.
  void Add(std::int64_t first_block, std::span<const float> before, std::span<const float> after);

  // Once all parts were added. Every rank calls it and gets the same; 0 if all weights are 0.
  // kAborted: a peer is gone.
  Result<double> Ratio(Collective& collective);

 private:
  struct BlockSum {
    double moved = 0;
    double weights = 0;
  };

  const SliceMap& slices_;
  const int rank_;
  std::vector<BlockSum> mine_;       // [BlockCountMax]
  std::vector<BlockSum> everyones_;  // [world_size * mine_.size()]
};

}  // namespace descent
