#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "worker/collective/add_elements.h"
#include "worker/collective/canonical_tree.h"
#include "worker/collective/collective.h"

namespace descent {

// Adds up the slots of a tree, element by element in the tree's order. Reuses its scratch:
// allocates only when a tree has more slots than all before it. One thread.
class OrderedSum {
 public:
  // Adds the elements `range` of a bucket, which may be none or begins at a whole unit of a slice,
  // and gives them to `target`. `slots`: one pointer for each slot of `tree`, each to
  // [range.size()], the part of it that is added. What is written may be one of them; no other is.
  void Add(const CanonicalTree& tree, std::span<const float* const> slots, IndexRange range,
           const SumTarget& target);

 private:
  const float* AddBlock(const CanonicalTree& tree, std::span<const float* const> slots,
                        std::size_t first, std::size_t size, float* sum, StoreKind store);

  std::vector<float> scratch_;              // [slots, block]: sums of two or more slots
  std::vector<const float*> block_values_;  // [slots]: each slot of one block, as it is added up
};

}  // namespace descent
