#include "worker/train/compare_digests.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/failpoint.h"

namespace descent {

Status CompareDigests(const Digest& digest, std::int64_t steps_done, Collective& collective) {
  std::vector<Digest> digests(static_cast<std::size_t>(collective.world_size()));
  DESCENT_FAILPOINT("worker.digests.before");
  DESCENT_RETURN_IF_ERROR(collective.AllGather(std::as_bytes(std::span(&digest, 1)),
                                               std::as_writable_bytes(std::span(digests))));
  DESCENT_FAILPOINT("worker.digests.after");
  std::map<std::string, int> votes;
  for (const Digest& rank_digest : digests) ++votes[rank_digest.ToHex()];
  if (votes.size() == 1) return Status();
  const auto majority = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::string differing;
  for (std::size_t rank = 0; rank < digests.size(); ++rank)
    if (digests[rank].ToHex() != majority->first)
      differing += (differing.empty() ? "rank " : ", rank ") + std::to_string(rank) + " has " +
                   digests[rank].ToHex();
  return Status(Code::kInternal, "after step " + std::to_string(steps_done) +
                                     " the ranks' states differ: " + differing +
                                     ", the others have " + majority->first);
}

}  // namespace descent
