#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/shard_planner.h"

namespace descent {

// A node of the tree: the leaves [first, first + size), size a power of two, first a multiple of
// it.
struct Subtree {
  std::int64_t first = 0;
  std::int64_t size = 1;

  std::int64_t last() const { return first + size; }
  Subtree left() const { return {.first = first, .size = size / 2}; }
  Subtree right() const { return {.first = first + size / 2, .size = size / 2}; }
  bool operator==(const Subtree&) const = default;
};

// The fixed shape in which gradients of V logical workers are added (docs/numerics.md): a perfect
// binary tree, sum(lo, hi) = sum(lo, mid) + sum(mid, hi). A leaf without samples is absent: it is
// skipped, never added as zero, because x + 0 is not x for x = -0. The shape depends on V alone, so
// the bits do not depend on how many ranks share the leaves. Immutable, so any thread may call it.
class CanonicalTree {
 public:
  // `leaf_present` [V], V a power of two; at least one leaf is present. Ranks hold contiguous runs
  // of leaves: LogicalWorkersOf(V, world_size, rank).
  CanonicalTree(std::vector<bool> leaf_present, int world_size);

  int world_size() const { return static_cast<int>(first_slots_.size()) - 1; }
  std::int64_t leaf_count() const { return static_cast<std::int64_t>(leaf_present_.size()); }
  bool IsPresent(std::int64_t leaf) const;

  // The maximal aligned subtrees inside the rank's run that have a present leaf, from left to
  // right: one partial sum each. Empty if the rank has no samples. At most 2 log2(V), and 1 if V
  // is 1.
  std::span<const Subtree> PartialSumsOf(int rank) const;

  // Slots number all ranks' partial sums, in rank order: those of `rank` are
  // [FirstSlotOf(rank), FirstSlotOf(rank) + PartialSumsOf(rank).size()).
  int FirstSlotOf(int rank) const;
  int slot_count() const { return static_cast<int>(slots_.size()); }

  // One addition: slots[target] += slots[source]. Performed in this order the result is in
  // slots[0].
  struct Addition {
    int target;
    int source;

    bool operator==(const Addition&) const = default;
  };
  std::span<const Addition> additions() const { return additions_; }

 private:
  bool HasPresentLeaf(Subtree subtree) const;
  void AppendSlotsOf(IndexRange leaves);
  std::optional<int> AppendAdditionsOf(Subtree subtree, int& next_slot);

  const std::vector<bool> leaf_present_;
  std::vector<Subtree> slots_;
  std::vector<int> first_slots_;  // [world_size + 1]: of each rank, then the number of slots
  std::vector<Addition> additions_;
};

}  // namespace descent
