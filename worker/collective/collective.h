#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/result.h"
#include "worker/collective/canonical_tree.h"

namespace descent {

enum class MemoryKind {
  kPerRank,  // every rank has its own values, which the others may read in a reduction
  kCommon,   // one array for all ranks where they share memory, else each has its own copy
};

// A fixed group of ranks that act together. Every rank must make the same calls, in the same order,
// with the same sizes and the same kinds of memory; a rank that does not stalls the others. One
// thread at a time. Every call blocks until its result is there, except that Abort() from any
// thread makes the call in progress, and all later ones, return kAborted within about 100 ms, even
// if a peer never comes. After any error the group is dead, what the call should have written is
// undefined, and all that is left is to drop it. kAborted: a peer is gone.
// A message of an aborted call may still be read from its memory: that which Allocate returned
// keeps its addresses mapped for it, so large messages belong there.
//
// A bucket is a run of values that is reduced together; each rank reduces its slice (slice.h). Bits
// are equal on every rank and for every world size. Buffers may be of any size and in any memory;
// in memory that Allocate returned nothing is copied that need not be.
class Collective {
 public:
  virtual ~Collective() = default;
  virtual int rank() const = 0;
  virtual int world_size() const = 0;

  // Whether kCommon memory is one array for all ranks: each value is then written by one of them.
  virtual bool shares_memory() const = 0;

  // Zeros, on a 64-byte boundary, for as long as the collective lives; pages are taken up when they
  // are first touched, unless they are shared. kResourceExhausted, on every rank: there is no room.
  virtual Result<std::span<float>> Allocate(std::int64_t element_count, MemoryKind kind) = 0;

  // Puts every rank's `mine` into `all`, in rank order: all [world_size * mine.size()]. Only moves
  // bits, maybe none.
  virtual Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) = 0;

  // Adds all ranks' partial sums of one bucket in the order of `tree` and writes this rank's slice
  // of the sum. Only values of the slice are written.
  //   partial_sums  one pointer for each of tree.PartialSumsOf(rank()), each to [sum.size()]; peers
  //                 may read them until the next call has returned
  //   sum           the whole bucket; may be one of the partial sums
  virtual Status ReduceScatter(const CanonicalTree& tree,
                               std::span<const float* const> partial_sums,
                               std::span<float> sum) = 0;

  // Gives every rank the slices that the others have written, of each of these buckets.
  virtual Status AllGatherSlices(std::span<const std::span<float>> buckets) = 0;

  // The whole sum on every rank: ReduceScatter, then AllGatherSlices. Once it returns nobody reads
  // the partial sums.
  Status AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                   std::span<float> sum);

  // Any thread, any number of times; returns at once. Other ranks may be aborted too.
  virtual void Abort() = 0;
};

}  // namespace descent
