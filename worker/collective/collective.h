#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "common/result.h"
#include "worker/collective/canonical_tree.h"

namespace descent {

// A fixed group of ranks that act together. Every rank must make the same calls, in the same order,
// with the same sizes; a rank that does not stalls the others. One thread at a time. After any error
// the group is dead: drop it. Every call blocks until its result is there, except that Abort() from
// any thread makes the call in progress, and all later ones, return kAborted soon.
class Collective {
 public:
  virtual ~Collective() = default;
  virtual int rank() const = 0;
  virtual int world_size() const = 0;

  // Puts every rank's `mine` into `all`, in rank order: all [world_size * mine.size()]. Only moves
  // bits. kAborted: a peer is gone.
  virtual Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) = 0;

  // Adds all ranks' partial sums of one bucket in the order of `tree` and gives every rank the sum.
  //   partial_sums  one pointer for each of tree.PartialSumsOf(rank()), each to [sum.size()]
  //   sum           at most limits::kBucketElementsMax values; may be one of the partial sums
  // Equal bits on every rank and for every world size. kAborted: a peer is gone.
  virtual Status AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                           std::span<float> sum) = 0;

  virtual void Abort() = 0;
};

}  // namespace descent
