#include "worker/explain/network_model.h"

#include <algorithm>
#include <vector>

#include "worker/collective/slice.h"
#include "worker/collective/tree_collective.h"

namespace descent {
namespace {

constexpr double kBytes = sizeof(float);

// What a rank, or all ranks of a host together, have of a bucket.
struct Share {
  double elements = 0;  // of its slices
  double segments = 0;  // that these slices are cut into, a message each
  double sums = 0;      // partial sums
  double ranks = 0;

  Share& operator+=(const Share& other) {
    elements += other.elements;
    segments += other.segments;
    sums += other.sums;
    ranks += other.ranks;
    return *this;
  }
};

// Of one direction of a link, or of a rank's messages.
struct Flow {
  double sent = 0;
  double received = 0;

  double Larger() const { return std::max(sent, received); }
};

Share ShareOf(const CanonicalTree& tree, std::int64_t elements, CallKind kind, int rank) {
  const std::int64_t slice = SliceOf(elements, tree.world_size(), rank).size();
  const std::int64_t segment = kind == CallKind::kAllGather ? std::max<std::int64_t>(slice, 1)
                                                            : TreeCollective::kSegmentElements;
  return {.elements = static_cast<double>(slice),
          .segments = static_cast<double>((slice + segment - 1) / segment),
          .sums = static_cast<double>(tree.PartialSumsOf(rank).size()),
          .ranks = 1};
}

bool Reduces(CallKind kind) { return kind != CallKind::kAllGather; }
bool Gathers(CallKind kind) { return kind != CallKind::kReduceScatter; }

// Messages of `rank` with other hosts.
Flow MessagesOf(const Share& rank, const Share& host, const Share& all, CallKind kind) {
  Flow flow;
  if (Reduces(kind)) {
    flow.sent += rank.sums * (all.segments - host.segments);
    flow.received += rank.segments * (all.sums - host.sums);
  }
  if (Gathers(kind)) {
    flow.sent += rank.segments * (all.ranks - host.ranks);
    flow.received += all.segments - host.segments;
  }
  return flow;
}

// Elements that pass the link of `host`.
Flow ElementsOf(const Share& host, const Share& all, CallKind kind) {
  Flow flow;
  if (Reduces(kind)) {
    flow.sent += host.sums * (all.elements - host.elements);
    flow.received += host.elements * (all.sums - host.sums);
  }
  if (Gathers(kind)) {
    flow.sent += host.elements * (all.ranks - host.ranks);
    flow.received += host.ranks * (all.elements - host.elements);
  }
  return flow;
}

}  // namespace

Traffic TreeTraffic(const CanonicalTree& tree, std::int64_t elements, CallKind kind,
                    int ranks_per_host) {
  const auto size = static_cast<std::size_t>(ranks_per_host);
  std::vector<Share> ranks;
  std::vector<Share> hosts;
  Share all;
  for (int rank = 0; rank < tree.world_size(); ++rank) {
    const Share share = ShareOf(tree, elements, kind, rank);
    if (ranks.size() % size == 0) hosts.emplace_back();
    hosts.back() += share;
    all += share;
    ranks.push_back(share);
  }
  Traffic most;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const Share& host = hosts[rank / size];
    const double added = Reduces(kind) ? (all.sums + 1) * ranks[rank].elements * kBytes : 0;
    most = {.messages = std::max(most.messages, MessagesOf(ranks[rank], host, all, kind).Larger()),
            .bytes = std::max(most.bytes, ElementsOf(host, all, kind).Larger() * kBytes),
            .added = std::max(most.added, added)};
  }
  return most;
}

Traffic RecordTraffic(int ranks, double bytes, int ranks_per_host) {
  const double of_host = std::min(ranks, ranks_per_host);
  const double others = ranks - of_host;
  return {.messages = others, .bytes = of_host * others * bytes, .added = 0};
}

// The two ends of a host's ranks send and receive over its link; a step of the ring is one message
// of each rank.
Traffic RingTraffic(int ranks, std::int64_t elements, CallKind kind, int ranks_per_host) {
  if (ranks <= ranks_per_host) return {};
  const double turn = ranks - 1;
  const double steps = (Reduces(kind) ? turn : 0) + (Gathers(kind) ? turn : 0);
  const double part = static_cast<double>(elements) * kBytes / ranks;
  return {.messages = steps, .bytes = steps * part, .added = Reduces(kind) ? 3 * turn * part : 0};
}

double SecondsOf(const Traffic& traffic, const Network& network, double memory_bytes_per_second) {
  return traffic.messages * network.message_seconds +
         std::max(traffic.bytes / network.bytes_per_second,
                  traffic.added / memory_bytes_per_second);
}

}  // namespace descent
