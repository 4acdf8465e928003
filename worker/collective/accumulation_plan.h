#pragma once

#include <cstdint>
#include <vector>

#include "worker/collective/canonical_tree.h"

namespace descent {

// How one rank adds its own leaves, from left to right, in few gradient buffers: like a binary
// counter, a leaf is pushed and equal neighbours are merged. For each entry of `leaves`, in order:
//   1. Compute the leaf's gradient in `buffer`: its first micro-batch writes, later ones add.
//   2. Perform `additions_after`, in order: buffers[target] += buffers[source] (AddElements).
// Then buffer i holds the i-th of tree.PartialSumsOf(rank).
//
// Additions are element by element, so step 2 of the last leaf may be done range by range: when the
// last backward pass has finished a bucket, add that bucket's range and start its reduction, while
// the pass goes on with the next bucket.
struct AccumulationPlan {
  using Addition = CanonicalTree::Addition;  // of buffers

  struct LeafPlan {
    std::int64_t leaf = 0;
    int buffer = 0;
    std::vector<Addition> additions_after;

    bool operator==(const LeafPlan&) const = default;
  };

  static AccumulationPlan For(const CanonicalTree& tree, int rank);

  std::vector<LeafPlan> leaves;  // the rank's present leaves, ascending; may be empty

  // At least 1, because a rank without samples needs one for the sum all the same. At most
  // log2(leaves of the rank) more than it has partial sums.
  int buffer_count = 1;
};

}  // namespace descent
