#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "worker/collective/add_elements.h"
#include "worker/collective/canonical_tree.h"

namespace descent {

// Adds up the slots of a tree, element by element in the tree's order. Reuses its scratch:
// allocates only when a tree has more slots than all before it. One thread.
class OrderedSum {
 public:
  // `slots`: one pointer for each slot of `tree`, each to [sum.size()]. `sum` may be one of them;
  // no other is written.
  void Add(const CanonicalTree& tree, std::span<const float* const> slots, std::span<float> sum);

 private:
  void AddBlock(const CanonicalTree& tree, std::span<const float* const> slots, std::size_t first,
                std::span<float> block_sum, StoreKind store);

  std::vector<float> scratch_;              // [slots, block]: sums of two or more slots
  std::vector<const float*> block_values_;  // [slots]: each slot of one block, as it is added up
};

}  // namespace descent
