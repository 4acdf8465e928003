#pragma once

#include <cstdint>

#include "worker/collective/canonical_tree.h"

namespace descent {

// The network between hosts by the alpha-beta model (Hockney 1994): a message of n bytes takes
// message_seconds + n / bytes_per_second. A host has one link, which sends and receives at once and
// which its ranks share. Ranks fill hosts in their order.
struct Network {
  double bytes_per_second = 0;
  double message_seconds = 0;
  int ranks_per_host = 1;
};

// What a call of a collective moves over the links, by whoever has the most.
struct Traffic {
  double messages = 0;  // that one rank sends or receives, whichever are more
  double bytes = 0;     // through one link in one direction, whichever has more
  double added = 0;     // bytes of partial sums that one rank reads and of sums that it writes

  bool operator==(const Traffic&) const = default;
};

enum class CallKind { kReduceScatter, kAllGather, kAllReduce };

// Of the collective that keeps the tree (tree_collective.h) on a bucket of `elements`: everyone
// sends its partial sums of each slice to the slice's rank, in segments, and slices that are
// finished go to everyone. kAllGather is of slices alone, each in one piece
// (Collective::AllGatherSlices).
Traffic TreeTraffic(const CanonicalTree& tree, std::int64_t elements, CallKind kind,
                    int ranks_per_host);

// Of an all-gather in which every rank sends everyone `bytes`.
Traffic RecordTraffic(int ranks, double bytes, int ranks_per_host);

// Of MPI's own all-reduce of `elements` by a ring: 2 (P - 1) messages of one P-th each. Its
// reduce-scatter, or an all-gather, is half of that.
Traffic RingTraffic(int ranks, std::int64_t elements, CallKind kind, int ranks_per_host);

// Messages are sent one after the other; additions go on while others arrive.
double SecondsOf(const Traffic& traffic, const Network& network, double memory_bytes_per_second);

}  // namespace descent
