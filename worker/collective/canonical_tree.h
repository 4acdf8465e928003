#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/shard_planner.h"

namespace descent {

// A node of the tree: the leaves [first, first + size), size a power of two, first a multiple of it.
struct Subtree {
  std::int64_t first = 0;
  std::int64_t size = 1;

  bool operator==(const Subtree&) const = default;
};

// The fixed shape in which gradients of V logical workers are added (docs/numerics.md): a perfect
// binary tree, sum(lo, hi) = sum(lo, mid) + sum(mid, hi). A leaf without samples is absent: it is
// skipped, never added as zero, because x + 0 is not x for x = -0. The shape depends on V alone, so
// the bits do not depend on how many ranks share the leaves. Immutable, so any thread may call it.
class CanonicalTree {
 public:
  // `leaf_present` [V], V a power of two; at least one leaf is present. Ranks hold contiguous runs of
  // leaves: LogicalWorkersOf(V, world_size, rank).
  CanonicalTree(std::vector<bool> leaf_present, int world_size);

  int world_size() const;
  std::int64_t leaf_count() const;
  bool IsPresent(std::int64_t leaf) const;

  // The maximal aligned subtrees inside the rank's run that have a present leaf, from left to right:
  // one partial sum each. Empty if the rank has no samples. At most 2 log2(V).
  std::span<const Subtree> PartialSumsOf(int rank) const;

  // One addition: slots[target] += slots[source], where slots are all ranks' partial sums, in rank
  // order. Performed in this order the result is in slots[0].
  struct Addition {
    int target;
    int source;
  };
  std::span<const Addition> additions() const;

  // Over all ranks: the number of slots.
  int partial_sum_count() const;
};

// Adds leaves from left to right into few buffers, like a binary counter: push a leaf, merge equal
// neighbours. Used by a rank for its own run of leaves; the caller owns and adds the buffers.
// (The implementer completes this class's interface with what worker/train needs: which buffer the
// next present leaf is written to, which buffers are then added to which, and at the end which
// buffers hold PartialSumsOf(rank), in order.)

}  // namespace descent
