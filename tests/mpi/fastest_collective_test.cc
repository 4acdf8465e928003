#include "worker/collective/fastest_collective.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <chrono>
#include <cmath>
#include <future>
#include <limits>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/unit/collective/tree_sum_reference.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

using namespace conformance;  // NOLINT: what all of these tests compare with

int FastestWorldSize() {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

std::unique_ptr<Collective> Form(std::size_t message_bytes_max = kMpiMessageBytesMax) {
  std::vector<int> ranks(static_cast<std::size_t>(FastestWorldSize()));
  std::iota(ranks.begin(), ranks.end(), 0);
  auto formed = MakeFastestCollective(ranks, 1, message_bytes_max);
  EXPECT_TRUE(formed.ok()) << formed.status();
  return std::move(formed).value();
}

// A sum of k numbers in any order is off by at most k - 1 roundings, of half a unit each, of a
// partial sum that is no larger than the sum of magnitudes.
double Tolerance(std::int64_t leaf_count, double magnitude) {
  return static_cast<double>(leaf_count - 1) * 0x1p-24 * magnitude;
}

void ExpectSumOfPresentLeaves(const CanonicalTree& tree, float sum, std::size_t element) {
  double exact = 0;
  double magnitude = 0;
  for (std::int64_t leaf = 0; leaf < tree.leaf_count(); ++leaf) {
    if (!tree.IsPresent(leaf)) continue;
    exact += LeafValue(leaf, element);
    magnitude += std::abs(LeafValue(leaf, element));
  }
  ASSERT_NEAR(sum, exact, Tolerance(tree.leaf_count(), magnitude)) << element;
}

// Sizes that no number of ranks divides, that leave ranks without a slice, and that go in pieces.
constexpr std::size_t kSizes[] = {0, 1, 15, 4096, 4097, 30001};
constexpr std::size_t kPieceBytes = 1000;

TEST(FastestCollectiveTest, SumsAreThoseOfDoublesWithinRounding) {
  for (const std::size_t piece_bytes : {kMpiMessageBytesMax, kPieceBytes}) {
    const auto collective = Form(piece_bytes);
    for (const Presence presence : kPresences) {
      const CanonicalTree tree(MakePresence(presence, 16), FastestWorldSize());
      for (const std::size_t size : kSizes) {
        const Values sum = ReduceLeaves(*collective, tree, size);

        for (std::size_t i = 0; i < size; ++i) ExpectSumOfPresentLeaves(tree, sum[i], i);
      }
    }
  }
}

TEST(FastestCollectiveTest, AllRanksHaveTheSameBits) {
  for (const std::size_t piece_bytes : {kMpiMessageBytesMax, kPieceBytes}) {
    const auto collective = Form(piece_bytes);
    const CanonicalTree tree(MakePresence(Presence::kAll, 16), FastestWorldSize());
    for (const std::size_t size : kSizes) {
      const Values sum = ReduceLeaves(*collective, tree, size);
      Values all(size * static_cast<std::size_t>(FastestWorldSize()));
      ASSERT_TRUE(
          collective
              ->AllGather(std::as_bytes(std::span(sum)), std::as_writable_bytes(std::span(all)))
              .ok());

      for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], sum[i % size]) << i;
    }
  }
}

TEST(FastestCollectiveTest, ReduceScatterWritesItsOwnSliceAlone) {
  for (const std::size_t piece_bytes : {kMpiMessageBytesMax, kPieceBytes}) {
    const auto collective = Form(piece_bytes);
    const CanonicalTree tree(MakePresence(Presence::kAll, 16), FastestWorldSize());
    for (const std::size_t size : kSizes) {
      const std::vector<Values> buffers = AccumulateLeaves(tree, collective->rank(), size);
      Values sum(size, -7.0f);

      ASSERT_TRUE(collective
                      ->ReduceScatter(tree, PartialSumPointers(tree, collective->rank(), buffers),
                                      SumTarget::To(sum))
                      .ok());

      const IndexRange slice =
          SliceOf(static_cast<std::int64_t>(size), FastestWorldSize(), collective->rank());
      for (std::size_t i = 0; i < size; ++i) {
        const auto element = static_cast<std::int64_t>(i);
        if (slice.first <= element && element < slice.last)
          ExpectSumOfPresentLeaves(tree, sum[i], i);
        else
          ASSERT_EQ(sum[i], -7.0f) << i;
      }
    }
  }
}

// Of a rank that has more than one partial sum, the first is not where MPI adds.
TEST(FastestCollectiveTest, TheSumMayBeAnyOneOfThePartialSums) {
  const auto collective = Form();
  const CanonicalTree tree(MakePresence(Presence::kAll, 64), FastestWorldSize());
  for (const bool is_last : {false, true}) {
    std::vector<Values> buffers = AccumulateLeaves(tree, collective->rank(), 5000);
    const auto pointers = PartialSumPointers(tree, collective->rank(), buffers);
    Values& sum = buffers[is_last ? pointers.size() - 1 : 0];

    ASSERT_TRUE(collective->AllReduce(tree, pointers, SumTarget::To(sum)).ok());

    for (std::size_t i = 0; i < sum.size(); ++i) ExpectSumOfPresentLeaves(tree, sum[i], i);
  }
}

TEST(FastestCollectiveTest, AListenerHearsTheBlocksOfItsSliceOfEitherSum) {
  const auto collective = Form();
  const CanonicalTree tree(MakePresence(Presence::kAll, 16), FastestWorldSize());
  const std::size_t size = 70000;
  const std::vector<Values> buffers = AccumulateLeaves(tree, collective->rank(), size);
  const auto pointers = PartialSumPointers(tree, collective->rank(), buffers);
  for (const bool is_whole : {false, true}) {
    Values sum(size);
    Values heard(size);
    std::int64_t next = SliceOf(size, FastestWorldSize(), collective->rank()).first;
    SumTarget target = SumTarget::To(sum);
    target.on_block = [&](IndexRange elements, std::span<const float> values) {
      EXPECT_EQ(elements.first, next);
      next = elements.last;
      std::ranges::copy(values, heard.begin() + elements.first);
    };

    ASSERT_TRUE((is_whole ? collective->AllReduce(tree, pointers, target)
                          : collective->ReduceScatter(tree, pointers, target))
                    .ok());

    const IndexRange slice = SliceOf(size, FastestWorldSize(), collective->rank());
    EXPECT_EQ(next, slice.last);
    for (std::int64_t i = slice.first; i < slice.last; ++i)
      ASSERT_EQ(heard[static_cast<std::size_t>(i)], sum[static_cast<std::size_t>(i)]);
  }
}

TEST(FastestCollectiveTest, WhatIsNotANumberIsNotANumberOnEveryRank) {
  const auto collective = Form();
  const CanonicalTree tree(MakePresence(Presence::kAll, 4), FastestWorldSize());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Values values(10, collective->rank() == 0 ? nan : 1.0f);
  const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective->rank()).size(),
                                               values.data());
  Values sum(10);

  ASSERT_TRUE(collective->AllReduce(tree, partial_sums, SumTarget::To(sum)).ok());

  for (const float value : sum) EXPECT_TRUE(std::isnan(value));
}

// Half a second allows for a machine with other work; the promise is about 100 ms.
TEST(FastestCollectiveTest, AbortWakesASumWhosePeerNeverComes) {
  if (FastestWorldSize() == 1) GTEST_SKIP() << "one rank waits for nobody";
  const auto collective = Form();
  const CanonicalTree tree(MakePresence(Presence::kAll, 4), FastestWorldSize());
  // The group's own memory, because some of it may be on its way when the group is dropped.
  const auto values = collective->Allocate(1 << 20, MemoryKind::kPerRank).value();
  const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective->rank()).size(),
                                               values.data());
  if (collective->rank() == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    collective->Abort();
    MPI_Barrier(MPI_COMM_WORLD);
    return;
  }
  const auto aborted_at = std::async(std::launch::async, [&] {
                            std::this_thread::sleep_for(std::chrono::milliseconds(100));
                            collective->Abort();
                            return std::chrono::steady_clock::now();
                          }).share();

  const Status status = collective->AllReduce(tree, partial_sums, SumTarget::To(values));

  EXPECT_EQ(status.code(), Code::kAborted);
  EXPECT_LT(std::chrono::steady_clock::now() - aborted_at.get(), std::chrono::milliseconds(500));
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST(FastestCollectiveTest, EverySumAfterAnAbortIsAborted) {
  const auto collective = Form();
  const CanonicalTree tree(MakePresence(Presence::kAll, 4), FastestWorldSize());

  collective->Abort();

  for (const std::size_t size : {0, 10}) {
    Values values(size);
    const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective->rank()).size(),
                                                 values.data());
    const SumTarget target = SumTarget::To(values);
    EXPECT_EQ(collective->AllReduce(tree, partial_sums, target).code(), Code::kAborted);
    EXPECT_EQ(collective->ReduceScatter(tree, partial_sums, target).code(), Code::kAborted);
  }
}

TEST(FastestCollectiveTest, AGroupWithARankNamedTwiceIsRefused) {
  EXPECT_EQ(MakeFastestCollective(std::vector<int>{0, 0}, 2).status().code(),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace descent
