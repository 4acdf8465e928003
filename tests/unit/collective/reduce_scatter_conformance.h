#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/unit/collective/tree_sum_reference.h"
#include "worker/collective/collective.h"
#include "worker/collective/slice.h"

namespace descent {

// What every Collective's ReduceScatter promises, over a World as in collective_conformance.h.
template <typename World>
class ReduceScatterConformanceTest : public ::testing::Test {};
TYPED_TEST_SUITE_P(ReduceScatterConformanceTest);

TYPED_TEST_P(ReduceScatterConformanceTest, ReduceScatterWritesItsOwnSliceAlone) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kAll, 64), collective.world_size());
    for (const std::size_t size : {0, 1, 4096, 4097, 30000}) {
      const std::vector<Values> buffers = AccumulateLeaves(tree, collective.rank(), size);
      Values sum(size, -7.0f);

      ASSERT_TRUE(
          collective
              .ReduceScatter(tree, PartialSumPointers(tree, collective.rank(), buffers),
                             {.bucket_size = static_cast<std::int64_t>(size), .bucket = sum.data()})
              .ok());

      const IndexRange slice =
          SliceOf(static_cast<std::int64_t>(size), collective.world_size(), collective.rank());
      for (std::int64_t i = 0; i < static_cast<std::int64_t>(size); ++i) {
        const auto element = static_cast<std::size_t>(i);
        const bool is_mine = slice.first <= i && i < slice.last;
        ASSERT_EQ(sum[element], is_mine ? ExpectedSum(tree, element) : -7.0f) << i;
      }
      // Peers may read the partial sums until the next call has returned.
      ASSERT_TRUE(collective.AllGather({}, {}).ok());
    }
  });
}

// The sum may be kept or not: the listener hears the same.
TYPED_TEST_P(ReduceScatterConformanceTest, AListenerHearsEveryBlockOfItsSliceOnceInOrder) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kAll, 64), collective.world_size());
    for (const std::size_t size : {0, 1, 4096, 4097, 70000}) {
      for (const bool is_kept : {false, true}) {
        const std::vector<Values> buffers = AccumulateLeaves(tree, collective.rank(), size);
        Values sum(size);
        std::vector<IndexRange> blocks;
        const auto listen = [&](IndexRange elements, std::span<const float> values) {
          blocks.push_back(elements);
          ASSERT_EQ(std::ssize(values), elements.size());
          for (std::int64_t i = elements.first; i < elements.last; ++i)
            ASSERT_EQ(values[static_cast<std::size_t>(i - elements.first)],
                      ExpectedSum(tree, static_cast<std::size_t>(i)));
        };

        ASSERT_TRUE(collective
                        .ReduceScatter(tree, PartialSumPointers(tree, collective.rank(), buffers),
                                       {.bucket_size = static_cast<std::int64_t>(size),
                                        .bucket = is_kept ? sum.data() : nullptr,
                                        .on_block = listen})
                        .ok());

        const IndexRange slice =
            SliceOf(static_cast<std::int64_t>(size), collective.world_size(), collective.rank());
        std::vector<IndexRange> wanted;
        for (std::int64_t first = slice.first; first < slice.last; first += kSliceUnitElements)
          wanted.push_back({first, std::min(slice.last, first + kSliceUnitElements)});
        EXPECT_EQ(blocks, wanted) << size;
        ASSERT_TRUE(collective.AllGather({}, {}).ok());
      }
    }
  });
}

// Where ranks share memory each rank writes its slice into one memory that all of them read, which
// may be a partial sum of any rank.
TYPED_TEST_P(ReduceScatterConformanceTest, TheSumMayTakeThePlaceOfAnotherRanksPartialSum) {
  using namespace conformance;  // NOLINT
  constexpr std::size_t kSize = 20000;
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kAll, 8), collective.world_size());
    const std::vector<Values> buffers = AccumulateLeaves(tree, collective.rank(), kSize);
    std::vector<std::span<float>> partial_sums;
    for (int i = 0; i < 6; ++i)
      partial_sums.push_back(collective.Allocate(kSize, MemoryKind::kPerRank).value());
    std::vector<const float*> pointers;
    for (std::size_t i = 0; i < tree.PartialSumsOf(collective.rank()).size(); ++i) {
      TypeParam::Write(partial_sums[i], buffers[i]);
      pointers.push_back(partial_sums[i].data());
    }
    const int owner = collective.shares_memory() ? 0 : collective.rank();
    const std::span<float> sum = collective.MemoryOf(owner, partial_sums[0]);

    ASSERT_TRUE(
        collective.ReduceScatter(tree, pointers, {.bucket_size = kSize, .bucket = sum.data()})
            .ok());
    if (!collective.shares_memory()) {
      ASSERT_TRUE(collective.AllGatherSlices(std::span(&sum, 1)).ok());
    }
    ASSERT_TRUE(collective.Barrier().ok());

    EXPECT_EQ(CountWrong(tree, TypeParam::Read(sum)), 0);
    ASSERT_TRUE(collective.Barrier().ok());
  });
}

REGISTER_TYPED_TEST_SUITE_P(ReduceScatterConformanceTest, ReduceScatterWritesItsOwnSliceAlone,
                            AListenerHearsEveryBlockOfItsSliceOnceInOrder,
                            TheSumMayTakeThePlaceOfAnotherRanksPartialSum);

}  // namespace descent
