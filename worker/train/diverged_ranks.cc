#include "worker/train/diverged_ranks.h"

#include <algorithm>
#include <cstddef>

namespace descent {

std::vector<int> FindDivergedRanks(std::span<const StateDigests> digests) {
  const StateDigests* right = nullptr;  // null: several are equally common
  std::ptrdiff_t votes_max = 0;
  for (auto digest = digests.begin(); digest != digests.end(); ++digest) {
    if (std::find(digests.begin(), digest, *digest) != digest) continue;  // is counted
    const std::ptrdiff_t votes = std::count(digest, digests.end(), *digest);
    if (votes >= votes_max) right = votes > votes_max ? &*digest : nullptr;
    votes_max = std::max(votes, votes_max);
  }
  std::vector<int> diverged;
  for (std::size_t rank = 0; rank < digests.size(); ++rank)
    if (right == nullptr || digests[rank] != *right) diverged.push_back(static_cast<int>(rank));
  return diverged;
}

}  // namespace descent
