#pragma once

#include <cstdint>
#include <vector>

#include "common/hash.h"
#include "common/result.h"
#include "worker/collective/collective.h"
#include "worker/train/diverged_ranks.h"
#include "worker/train/train_state.h"

namespace descent {

// Compares what all ranks must hold alike. A step gives equal bits on every rank, so ranks that
// differ tell of hardware that does not do what it should: a bit in memory that has changed, or a
// processor that miscalculates. Every rank calls the same functions after the same steps. One
// thread.
class StateVerifier {
 public:
  // After every `every_steps` steps a comparison is due; 0: never. The ranks agree on the state
  // after `agreed_step`. The collective outlives the object.
  StateVerifier(std::int64_t every_steps, std::int64_t agreed_step, Collective& collective);

  bool IsDue(std::int64_t steps_done) const {
    return every_steps_ > 0 && steps_done % every_steps_ == 0;
  }

  // Hashes what this rank holds of the state and compares it: the parameters, and what the
  // optimizer keeps if the update is replicated. Answers the digest of the parameters, which is
  // that of any number of ranks.
  //   kInternal  the ranks' states differ; diverged_ranks() are to blame
  //   kAborted   a peer is gone
  Result<Digest> Verify(const TrainState& state);

  // The same for a digest of all that is about to be saved.
  Status VerifySaved(const Digest& state_digest, std::int64_t steps_done);

  // Of the last comparison, as FindDivergedRanks.
  const std::vector<int>& diverged_ranks() const { return diverged_ranks_; }

 private:
  Status Compare(const StateDigests& mine, std::int64_t steps_done);

  const std::int64_t every_steps_;
  Collective& collective_;
  std::int64_t agreed_step_;
  std::vector<int> diverged_ranks_;
};

}  // namespace descent
