#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <future>
#include <limits>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include "tests/unit/collective/tree_sum_reference.h"
#include "worker/collective/collective.h"
#include "worker/collective/slice.h"

namespace descent {

// How a test looks into memory that a collective has allocated, if it is the host's.
struct HostMemory {
  static std::vector<float> Read(std::span<const float> memory) {
    return {memory.begin(), memory.end()};
  }
  static void Write(std::span<float> memory, std::span<const float> values) {
    std::ranges::copy(values, memory.begin());
  }
};

// What every Collective promises, as tests over a World, which has Read and Write, and
//   static int world_size_max();
//   static void Run(int world_size, const std::function<void(Collective&)>& body);
// Run calls `body` on each rank of a fresh group, at the same time, and returns when all are done.
template <typename World>
class CollectiveConformanceTest : public ::testing::Test {};
TYPED_TEST_SUITE_P(CollectiveConformanceTest);

TYPED_TEST_P(CollectiveConformanceTest, SumsHaveTheBitsOfTheTreeForEveryWorldSize) {
  using namespace conformance;  // NOLINT: a test body
  for (int world_size = 1; world_size <= TypeParam::world_size_max(); ++world_size) {
    TypeParam::Run(world_size, [](Collective& collective) {
      for (const std::int64_t leaf_count : {1, 2, 4, 8, 16, 64}) {
        if (leaf_count < collective.world_size()) continue;
        for (const Presence presence : kPresences) {
          const CanonicalTree tree(MakePresence(presence, leaf_count), collective.world_size());
          const Values sum = ReduceLeaves(collective, tree, 333);
          EXPECT_EQ(CountWrong(tree, sum), 0)
              << "V=" << leaf_count << " N=" << collective.world_size();
        }
      }
    });
  }
}

TYPED_TEST_P(CollectiveConformanceTest, BucketsOfAnySizeAreReducedWhole) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kAll, 8), collective.world_size());
    for (const std::size_t size : {0, 1, 15, 16, 17, 64, 100, 4097, 70001})
      EXPECT_EQ(CountWrong(tree, ReduceLeaves(collective, tree, size)), 0) << size;
  });
}

// An independent oracle: values that are multiples of 2^-8 below 2^9 are exact as int64, in any
// order. Every f32 addition is off by at most 2^-24 of its result, and there are log2(V) on any
// path.
TYPED_TEST_P(CollectiveConformanceTest, SumsAgreeWithAFixedPointSum) {
  using namespace conformance;  // NOLINT
  constexpr std::size_t kSize = 500;
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kAll, 64), collective.world_size());
    const Values sum = ReduceLeaves(collective, tree, kSize);
    for (std::size_t i = 0; i < kSize; ++i) {
      std::int64_t fixed_sum = 0;
      std::int64_t fixed_magnitude = 0;
      for (std::int64_t leaf = 0; leaf < 64; ++leaf) {
        const auto fixed = static_cast<std::int64_t>(std::ldexp(LeafValue(leaf, i), 32));
        fixed_sum += fixed;
        fixed_magnitude += std::abs(fixed);
      }
      const double tolerance = 6 * 0x1p-24 * static_cast<double>(fixed_magnitude) * 0x1p-32;
      EXPECT_NEAR(sum[i], static_cast<double>(fixed_sum) * 0x1p-32, tolerance);
    }
  });
}

TYPED_TEST_P(CollectiveConformanceTest, MinusZeroSurvivesAbsentLeaves) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kLastOnly, 8), collective.world_size());
    const Values minus_zeros(40, -0.0f);
    const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective.rank()).size(),
                                                 minus_zeros.data());
    Values sum(40);

    ASSERT_TRUE(collective.AllReduce(tree, partial_sums, SumTarget::To(sum)).ok());

    for (const float value : sum) EXPECT_TRUE(value == 0 && std::signbit(value));
  });
}

TYPED_TEST_P(CollectiveConformanceTest, InfinitiesMeetingInTheTreeGiveNanOnEveryRank) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const CanonicalTree tree(MakePresence(Presence::kAll, 64), collective.world_size());
    const Values plus(40, kInfinity);
    const Values minus(40, -kInfinity);
    std::vector<const float*> partial_sums;
    for (const Subtree& subtree : tree.PartialSumsOf(collective.rank()))
      partial_sums.push_back(subtree.last() == 64 ? minus.data() : plus.data());
    Values sum(40);

    ASSERT_TRUE(collective.AllReduce(tree, partial_sums, SumTarget::To(sum)).ok());

    const bool is_mixed = tree.slot_count() > 1;
    for (const float value : sum) EXPECT_TRUE(is_mixed ? std::isnan(value) : value == -kInfinity);
  });
}

TYPED_TEST_P(CollectiveConformanceTest, TheSumMayBeAnyOneOfThePartialSums) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kAll, 64), collective.world_size());
    for (const bool is_last : {false, true}) {
      std::vector<Values> buffers = AccumulateLeaves(tree, collective.rank(), 3000);
      const auto pointers = PartialSumPointers(tree, collective.rank(), buffers);
      Values& sum = buffers[is_last ? pointers.size() - 1 : 0];

      ASSERT_TRUE(collective.AllReduce(tree, pointers, SumTarget::To(sum)).ok());

      EXPECT_EQ(CountWrong(tree, sum), 0);
    }
  });
}

TYPED_TEST_P(CollectiveConformanceTest, PartialSumsAreNotWritten) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const CanonicalTree tree(MakePresence(Presence::kAll, 64), collective.world_size());
    const std::vector<Values> buffers = AccumulateLeaves(tree, collective.rank(), 3000);
    const std::vector<Values> before = buffers;
    Values sum(3000);

    ASSERT_TRUE(collective
                    .AllReduce(tree, PartialSumPointers(tree, collective.rank(), buffers),
                               SumTarget::To(sum))
                    .ok());

    EXPECT_EQ(buffers, before);
  });
}

TYPED_TEST_P(CollectiveConformanceTest, AllGatherPutsEveryRanksBytesInRankOrder) {
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    for (const std::size_t size : {0, 1, 7, 4096, 100001}) {
      const std::vector<std::byte> mine(size, static_cast<std::byte>(collective.rank() + 1));
      std::vector<std::byte> all(size * static_cast<std::size_t>(collective.world_size()));

      ASSERT_TRUE(collective.AllGather(mine, all).ok());

      for (std::size_t i = 0; i < all.size(); ++i)
        ASSERT_EQ(all[i], static_cast<std::byte>(i / size + 1)) << size;
    }
  });
}

// The steady clock is the same for all processes of a machine.
TYPED_TEST_P(CollectiveConformanceTest, NobodyLeavesABarrierBeforeAllHaveCome) {
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    using Clock = std::chrono::steady_clock;
    if (collective.rank() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const Clock::time_point came_at = Clock::now();

    ASSERT_TRUE(collective.Barrier().ok());
    const Clock::time_point left_at = Clock::now();

    std::vector<Clock::time_point> all(static_cast<std::size_t>(collective.world_size()));
    ASSERT_TRUE(collective
                    .AllGather(std::as_bytes(std::span(&came_at, 1)),
                               std::as_writable_bytes(std::span(all)))
                    .ok());
    EXPECT_GE(left_at, std::ranges::max(all));
  });
}

TYPED_TEST_P(CollectiveConformanceTest, AllGatherSlicesFillsEveryBucketFromItsOwners) {
  using namespace conformance;  // NOLINT
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    std::vector<Values> buckets;
    for (const std::size_t size : {0, 5, 4096, 70000, 300001}) {
      Values& bucket = buckets.emplace_back(size, -1.0f);
      const IndexRange slice =
          SliceOf(static_cast<std::int64_t>(size), collective.world_size(), collective.rank());
      for (std::int64_t i = slice.first; i < slice.last; ++i)
        bucket[static_cast<std::size_t>(i)] = static_cast<float>(i);
    }
    const std::vector<std::span<float>> spans(buckets.begin(), buckets.end());

    ASSERT_TRUE(collective.AllGatherSlices(spans).ok());

    for (const Values& bucket : buckets)
      for (std::size_t i = 0; i < bucket.size(); ++i) ASSERT_EQ(bucket[i], static_cast<float>(i));
  });
}

TYPED_TEST_P(CollectiveConformanceTest, AllocatedMemoryIsZeroAlignedAndAsLargeAsWanted) {
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    for (const MemoryKind kind : {MemoryKind::kPerRank, MemoryKind::kCommon}) {
      for (const std::int64_t size : {0, 1, 1000, 100000}) {
        const Result<std::span<float>> memory = collective.Allocate(size, kind);

        ASSERT_TRUE(memory.ok()) << memory.status();
        ASSERT_EQ(memory.value().size(), static_cast<std::size_t>(size));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.value().data()) % 64, 0u);
        for (const float value : TypeParam::Read(memory.value())) ASSERT_EQ(value, 0);
      }
    }
  });
}

TYPED_TEST_P(CollectiveConformanceTest, MemoryThatNoMachineHasIsRefused) {
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const auto memory = collective.Allocate(std::int64_t{1} << 61, MemoryKind::kPerRank);

    EXPECT_EQ(memory.status().code(), Code::kResourceExhausted);
  });
}

TYPED_TEST_P(CollectiveConformanceTest, PerRankMemoryIsEachRanksOwn) {
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    Result<std::span<float>> memory = collective.Allocate(5000, MemoryKind::kPerRank);
    ASSERT_TRUE(memory.ok());
    const std::vector<float> mine(5000, static_cast<float>(collective.rank()));
    TypeParam::Write(memory.value(), mine);

    ASSERT_TRUE(collective.AllGather({}, {}).ok());

    EXPECT_EQ(TypeParam::Read(memory.value()), mine);
  });
}

// Partial sums in the collective's own memory, which is where a reduction need not copy; the sum in
// common memory or in the place of a partial sum; again and again in the same memory.
TYPED_TEST_P(CollectiveConformanceTest, SumsInAllocatedMemoryHaveTheBitsOfTheTree) {
  using namespace conformance;  // NOLINT
  constexpr std::size_t kSize = 20000;
  for (int world_size = 1; world_size <= TypeParam::world_size_max(); ++world_size) {
    TypeParam::Run(world_size, [](Collective& collective) {
      std::vector<std::span<float>> partial_sums;
      for (int i = 0; i < 6; ++i)
        partial_sums.push_back(collective.Allocate(kSize, MemoryKind::kPerRank).value());
      const std::span<float> common = collective.Allocate(kSize, MemoryKind::kCommon).value();
      for (const Presence presence : kPresences) {
        for (const bool is_in_place : {false, true}) {
          const CanonicalTree tree(MakePresence(presence, 8), collective.world_size());
          const std::vector<Values> buffers = AccumulateLeaves(tree, collective.rank(), kSize);
          std::vector<const float*> pointers;
          for (std::size_t i = 0; i < tree.PartialSumsOf(collective.rank()).size(); ++i) {
            TypeParam::Write(partial_sums[i], buffers[i]);
            pointers.push_back(partial_sums[i].data());
          }
          const std::span<float> sum = is_in_place ? partial_sums[0] : common;

          const Status status = collective.AllReduce(tree, pointers, SumTarget::To(sum));

          ASSERT_TRUE(status.ok()) << status;
          EXPECT_EQ(CountWrong(tree, TypeParam::Read(sum)), 0);
          // Common memory is read by all before any may write it again.
          ASSERT_TRUE(collective.AllGather({}, {}).ok());
        }
      }
    });
  }
}

TYPED_TEST_P(CollectiveConformanceTest, CommonMemoryIsWholeAfterAllGatherSlices) {
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    const std::span<float> common = collective.Allocate(70000, MemoryKind::kCommon).value();
    const IndexRange slice = SliceOf(70000, collective.world_size(), collective.rank());
    std::vector<float> wanted(70000);
    std::iota(wanted.begin(), wanted.end(), 0.0f);
    const auto first = static_cast<std::size_t>(slice.first);
    const auto size = static_cast<std::size_t>(slice.size());
    TypeParam::Write(common.subspan(first, size), std::span(wanted).subspan(first, size));

    ASSERT_TRUE(collective.AllGatherSlices(std::span(&common, 1)).ok());

    EXPECT_EQ(TypeParam::Read(common), wanted);
  });
}

// Half a second allows for a machine with other work; the promise is about 100 ms.
TYPED_TEST_P(CollectiveConformanceTest, AbortWakesACallWhosePeerNeverComes) {
  if (TypeParam::world_size_max() == 1) GTEST_SKIP() << "one rank waits for nobody";
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    using Clock = std::chrono::steady_clock;
    // The group's own memory, because some of it may be on its way when the group is dropped.
    const auto mine = std::as_bytes(collective.Allocate(1 << 18, MemoryKind::kPerRank).value());
    const auto all = std::as_writable_bytes(
        collective.Allocate(collective.world_size() << 18, MemoryKind::kPerRank).value());
    if (collective.rank() == 0) {
      // Stays away, and yet in the group, until the others have given up.
      std::this_thread::sleep_for(std::chrono::milliseconds(700));
      collective.Abort();
      return;
    }
    std::promise<void> call_begins;
    Clock::time_point aborted_at;
    const auto aborter = std::async(std::launch::async, [&] {
      call_begins.get_future().wait();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      aborted_at = Clock::now();
      collective.Abort();
    });

    call_begins.set_value();
    const Status status = collective.AllGather(mine, all);
    const Clock::time_point returned_at = Clock::now();
    aborter.wait();

    EXPECT_EQ(status.code(), Code::kAborted);
    EXPECT_LT(returned_at - aborted_at, std::chrono::milliseconds(500));
  });
}

TYPED_TEST_P(CollectiveConformanceTest, EveryCallAfterAnAbortIsAborted) {
  TypeParam::Run(TypeParam::world_size_max(), [](Collective& collective) {
    collective.Abort();
    std::vector<std::byte> all(static_cast<std::size_t>(collective.world_size()));

    EXPECT_EQ(collective.AllGather(std::vector<std::byte>(1), all).code(), Code::kAborted);
    EXPECT_EQ(collective.AllGather({}, {}).code(), Code::kAborted);
  });
}

REGISTER_TYPED_TEST_SUITE_P(
    CollectiveConformanceTest, SumsHaveTheBitsOfTheTreeForEveryWorldSize,
    BucketsOfAnySizeAreReducedWhole, SumsAgreeWithAFixedPointSum, MinusZeroSurvivesAbsentLeaves,
    InfinitiesMeetingInTheTreeGiveNanOnEveryRank, TheSumMayBeAnyOneOfThePartialSums,
    PartialSumsAreNotWritten, AllGatherPutsEveryRanksBytesInRankOrder,
    NobodyLeavesABarrierBeforeAllHaveCome, AllGatherSlicesFillsEveryBucketFromItsOwners,
    AllocatedMemoryIsZeroAlignedAndAsLargeAsWanted, MemoryThatNoMachineHasIsRefused,
    PerRankMemoryIsEachRanksOwn, SumsInAllocatedMemoryHaveTheBitsOfTheTree,
    CommonMemoryIsWholeAfterAllGatherSlices, AbortWakesACallWhosePeerNeverComes,
    EveryCallAfterAnAbortIsAborted);

}  // namespace descent
