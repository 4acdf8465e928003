#pragma once

#include <span>
#include <vector>

#include "common/hash.h"

namespace descent {

// What a rank holds that all ranks hold alike.
struct StateDigests {
  Digest parameters;
  Digest optimizer;  // what the optimizer keeps; none where each rank keeps its own part

  bool operator==(const StateDigests&) const = default;
};

// The ranks whose state is not the one that is more common than any other. Where none is, as with
// two ranks, nobody can tell who is right: all of them. Empty: all are equal. `digests` are by
// rank, the answer is ascending.
std::vector<int> FindDivergedRanks(std::span<const StateDigests> digests);

}  // namespace descent
