#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "worker/collective/message_collective.h"
#include "worker/collective/ordered_sum.h"

namespace descent {

// The all-reduce that keeps the tree (docs/numerics.md), over any exchange:
//   1. The bucket is cut into one slice per rank, and each slice into segments.
//   2. Everyone sends its partial sums of slice j to rank j, segment by segment.
//   3. Rank j adds each segment in tree order, once all partial sums of it are there.
//   4. The finished segment goes back to everyone.
// The steps of different segments overlap: while one is added and sent back, others arrive, so that
// the network works in both directions from the first byte to the last. Apart from Allocate, it
// allocates only when a call is larger than all before it.
class TreeCollective final : public MessageCollective {
 public:
  // `segment_elements`, of one partial sum, is a multiple of kSliceUnitElements.
  explicit TreeCollective(std::unique_ptr<Exchange> exchange,
                          std::int64_t segment_elements = kSegmentElements);
  ~TreeCollective() override;

  Status ReduceScatter(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                       const SumTarget& target) override;
  Status AllReduce(const CanonicalTree& tree, std::span<const float* const> partial_sums,
                   const SumTarget& target) override;

  // 512 KiB: long enough for a network to reach its rate, and short enough that the last addition
  // and way back, during which nothing else travels, are a small part of a large bucket.
  static constexpr std::int64_t kSegmentElements = std::int64_t{1} << 17;

 private:
  // One sum as it goes through its steps.
  struct Reduction {
    const CanonicalTree& tree;
    std::span<const float* const> partial_sums;
    const SumTarget& target;
    bool is_gathered;  // step 4 takes place
  };

  Status Reduce(const Reduction& reduction);
  Status StartPartialSums(const Reduction& reduction, std::size_t segment);
  void AddSegment(const Reduction& reduction, std::size_t segment);
  Status StartFinished(const Reduction& reduction, std::size_t segment);

  std::size_t SegmentCount(std::int64_t bucket_size) const;
  IndexRange SegmentOf(std::int64_t bucket_size, int rank, std::size_t segment) const;
  std::span<float> StagingOf(const Reduction& reduction, std::size_t segment, std::size_t index);

  const std::int64_t segment_elements_;
  std::vector<Exchange::Outgoing> sends_;
  std::vector<Exchange::Incoming> receives_;
  std::vector<std::size_t> batches_;  // [segments]: each one's partial sums
  OrderedSum ordered_sum_;
  std::vector<float> staging_;       // the peers' partial sums of the segments under way
  std::vector<const float*> slots_;  // [slots]: each partial sum of one segment of this rank
};

}  // namespace descent
