#include "worker/collective/accumulation_plan.h"

#include <algorithm>

namespace descent {
namespace {

// Buffers are used like a stack: those in use are [0, used_count), the last written on top. A
// subtree starts with a push and ends with its sum as the only buffer above where it started.
struct BufferStack {
  const CanonicalTree& tree;
  AccumulationPlan& plan;
  int used_count = 0;

  // Whether the subtree has a present leaf, and so has pushed its sum.
  bool PushSumOf(Subtree subtree) {
    if (subtree.size == 1) return PushLeaf(subtree.first);
    const bool has_left = PushSumOf(subtree.left());
    const bool has_right = PushSumOf(subtree.right());
    if (has_left && has_right) MergeTopTwo();
    return has_left || has_right;
  }

  bool PushLeaf(std::int64_t leaf) {
    if (!tree.IsPresent(leaf)) return false;
    plan.leaves.push_back({.leaf = leaf, .buffer = used_count, .additions_after = {}});
    ++used_count;
    plan.buffer_count = std::max(plan.buffer_count, used_count);
    return true;
  }

  void MergeTopTwo() {
    plan.leaves.back().additions_after.push_back(
        {.target = used_count - 2, .source = used_count - 1});
    --used_count;
  }
};

}  // namespace

AccumulationPlan AccumulationPlan::For(const CanonicalTree& tree, int rank) {
  AccumulationPlan plan;
  BufferStack stack{.tree = tree, .plan = plan};
  for (const Subtree& partial_sum : tree.PartialSumsOf(rank)) stack.PushSumOf(partial_sum);
  return plan;
}

}  // namespace descent
