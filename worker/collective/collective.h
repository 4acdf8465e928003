#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "common/result.h"
#include "common/shard_planner.h"
#include "worker/collective/canonical_tree.h"

namespace descent {

enum class MemoryKind {
  kPerRank,  // every rank has its own values, which the others may read in a reduction
  kCommon,   // one array for all ranks where they share memory, else each has its own copy
};

// Hears of each block of a slice of a sum once it is added up, ascending, while it is in the
// nearest cache: `elements`, of the bucket, are whole units of a slice (kSliceUnitElements), of
// which a bucket's last one may be short. On the thread that reduces.
using BlockListener = std::function<void(IndexRange elements, std::span<const float> values)>;

// What becomes of a rank's slice of a sum.
struct SumTarget {
  std::int64_t bucket_size = 0;
  float* bucket = nullptr;      // where the sum is written, [bucket_size]; null: it is not kept
  BlockListener on_block = {};  // may be empty

  // The sum is written to `bucket`, and nobody hears of it.
  static SumTarget To(std::span<float> bucket) {
    return {.bucket_size = static_cast<std::int64_t>(bucket.size()), .bucket = bucket.data()};
  }
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

  // What rank `peer` has where this rank has `mine`: memory that Allocate returned as kPerRank. Of
  // other ranks only where ranks share memory.
  virtual std::span<float> MemoryOf(int peer, std::span<float> mine) const = 0;

  // Puts every rank's `mine` into `all`, in rank order: all [world_size * mine.size()]. Only moves
  // bits, maybe none.
  virtual Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) = 0;

  // Adds all ranks' partial sums of one bucket in the order of `tree` and gives this rank's slice
  // of the sum to `target`. Only values of the slice are written.
  //   partial_sums  one pointer for each of tree.PartialSumsOf(rank()), each to [bucket_size];
  //   peers
  //                 may read them until the next call has returned
  //   target        its bucket may be one of the partial sums, of any rank
  virtual Status ReduceScatter(const CanonicalTree& tree,
                               std::span<const float* const> partial_sums,
                               const SumTarget& target) = 0;

  // Gives every rank the slices that the others have written, of each of these buckets.
  virtual Status AllGatherSlices(std::span<const std::span<float>> buckets) = 0;

  // Blocks until every rank has called it. What a rank wrote before, all may read after.
  virtual Status Barrier();

  // The whole sum on every rank, in target.bucket: ReduceScatter, then AllGatherSlices. A listener
  // hears of this rank's slice alone. Once it returns nobody reads the partial sums.
  virtual Status AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                           const SumTarget& target);

  // Any thread, any number of times; returns at once. Other ranks may be aborted too.
  virtual void Abort() = 0;
};

}  // namespace descent
