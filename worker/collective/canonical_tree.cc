#include "worker/collective/canonical_tree.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

// The largest subtree that begins at `first`, is aligned to its size and ends by `last`.
Subtree LargestSubtreeAt(std::int64_t first, std::int64_t last) {
  std::int64_t size = 1;
  while (first % (2 * size) == 0 && first + 2 * size <= last) size *= 2;
  return {.first = first, .size = size};
}

}  // namespace

CanonicalTree::CanonicalTree(std::vector<bool> leaf_present, int world_size)
    : leaf_present_(std::move(leaf_present)) {
  DESCENT_CHECK(std::has_single_bit(leaf_present_.size()));
  DESCENT_CHECK(world_size >= 1);
  DESCENT_CHECK(world_size <= leaf_count());
  const Subtree root{.first = 0, .size = leaf_count()};
  DESCENT_CHECK(HasPresentLeaf(root));

  first_slots_.push_back(0);
  for (int rank = 0; rank < world_size; ++rank) {
    AppendSlotsOf(LogicalWorkersOf(leaf_count(), world_size, rank));
    first_slots_.push_back(slot_count());
  }
  int next_slot = 0;
  const std::optional<int> root_slot = AppendAdditionsOf(root, next_slot);
  DESCENT_CHECK(root_slot == 0);
  DESCENT_CHECK(next_slot == slot_count());
}

bool CanonicalTree::IsPresent(std::int64_t leaf) const {
  DESCENT_CHECK(leaf >= 0);
  DESCENT_CHECK(leaf < leaf_count());
  return leaf_present_[static_cast<std::size_t>(leaf)];
}

std::span<const Subtree> CanonicalTree::PartialSumsOf(int rank) const {
  const int first = FirstSlotOf(rank);
  const int last = first_slots_[static_cast<std::size_t>(rank) + 1];
  return std::span(slots_).subspan(static_cast<std::size_t>(first),
                                   static_cast<std::size_t>(last - first));
}

int CanonicalTree::FirstSlotOf(int rank) const {
  DESCENT_CHECK(rank >= 0);
  DESCENT_CHECK(rank < world_size());
  return first_slots_[static_cast<std::size_t>(rank)];
}

bool CanonicalTree::HasPresentLeaf(Subtree subtree) const {
  const auto first = leaf_present_.begin() + subtree.first;
  return std::find(first, first + subtree.size, true) != first + subtree.size;
}

void CanonicalTree::AppendSlotsOf(IndexRange leaves) {
  for (std::int64_t first = leaves.first; first < leaves.last;) {
    const Subtree subtree = LargestSubtreeAt(first, leaves.last);
    if (HasPresentLeaf(subtree)) slots_.push_back(subtree);
    first = subtree.last();
  }
}

// Slots tile the present leaves from left to right, and so does this walk: the next slot is always
// inside the subtree, or the subtree is absent. Returns where the subtree's sum is, if anywhere.
std::optional<int> CanonicalTree::AppendAdditionsOf(Subtree subtree, int& next_slot) {
  if (next_slot == slot_count()) return std::nullopt;
  const Subtree& next = slots_[static_cast<std::size_t>(next_slot)];
  if (next.first >= subtree.last()) return std::nullopt;
  if (next == subtree) return next_slot++;

  const std::optional<int> left = AppendAdditionsOf(subtree.left(), next_slot);
  const std::optional<int> right = AppendAdditionsOf(subtree.right(), next_slot);
  if (!left || !right) return left ? left : right;
  additions_.push_back({.target = *left, .source = *right});
  return left;
}

}  // namespace descent
