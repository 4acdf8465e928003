#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "common/result.h"
#include "worker/collective/canonical_tree.h"

namespace descent {

// A fixed group of ranks that act together. Every rank must make the same calls, in the same order,
// with the same sizes; a rank that does not stalls the others. One thread at a time. Every call
// blocks until its result is there, except that Abort() from any thread makes the call in progress,
// and all later ones, return kAborted within about 100 ms, even if a peer never comes. After any
// error the group is dead, what the call should have written is undefined, and all that is left is
// to drop it. Made by MakeMpiCollective and MakeInProcessCollective.
class Collective {
 public:
  virtual ~Collective() = default;
  virtual int rank() const = 0;
  virtual int world_size() const = 0;

  // Puts every rank's `mine` into `all`, in rank order: all [world_size * mine.size()]. Only moves
  // bits, at most INT_MAX bytes a rank, or none. kAborted: a peer is gone.
  virtual Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) = 0;

  // Adds all ranks' partial sums of one bucket in the order of `tree` and gives every rank the sum.
  //   partial_sums  one pointer for each of tree.PartialSumsOf(rank()), each to [sum.size()]
  //   sum           at most limits::kBucketElementsMax values; may be one of the partial sums
  // Equal bits on every rank and for every world size. No other buffer is written. kAborted: a peer
  // is gone.
  virtual Status AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                           std::span<float> sum) = 0;

  // Any thread, any number of times; returns at once. Of the other ranks, those in the same process
  // are aborted too.
  virtual void Abort() = 0;
};

}  // namespace descent
