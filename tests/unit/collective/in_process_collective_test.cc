#include "worker/collective/in_process_collective.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/unit/collective/allocation_counter.h"
#include "tests/unit/collective/collective_conformance.h"
#include "tests/unit/collective/reduce_scatter_conformance.h"

namespace descent {
namespace {

struct InProcessWorld : HostMemory {
  static int world_size_max() { return 8; }

  static void Run(int world_size, const std::function<void(Collective&)>& body) {
    InProcessGroup group(world_size);
    std::vector<std::thread> ranks;
    ranks.reserve(static_cast<std::size_t>(world_size));
    for (int rank = 0; rank < world_size; ++rank)
      ranks.emplace_back([&group, &body, rank] {
        const auto collective = MakeInProcessCollective(group, rank);
        body(*collective);
      });
    for (std::thread& rank : ranks) rank.join();
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(InProcess, CollectiveConformanceTest, InProcessWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(InProcess, ReduceScatterConformanceTest, InProcessWorld);

// More segments than are under way at once, of slices that do not have equally many.
TEST(InProcessCollectiveTest, SumsOfManySegmentsHaveTheBitsOfTheTreeInPlaceToo) {
  using namespace conformance;  // NOLINT
  for (const int world_size : {2, 3, 4}) {
    InProcessGroup group(world_size);
    std::vector<std::thread> ranks;
    for (int rank = 0; rank < world_size; ++rank)
      ranks.emplace_back([&group, rank] {
        const auto collective = MakeInProcessCollective(group, rank, kSliceUnitElements);
        const CanonicalTree tree(MakePresence(Presence::kAll, 8), group.world_size());
        for (const std::size_t size : {100001, 160000, 9}) {
          EXPECT_EQ(CountWrong(tree, ReduceLeaves(*collective, tree, size)), 0) << size;

          std::vector<Values> buffers = AccumulateLeaves(tree, rank, size);
          const auto pointers = PartialSumPointers(tree, rank, buffers);
          ASSERT_TRUE(collective->AllReduce(tree, pointers, SumTarget::To(buffers[0])).ok());
          EXPECT_EQ(CountWrong(tree, buffers[0]), 0) << size;
        }
      });
    for (std::thread& rank : ranks) rank.join();
  }
}

TEST(InProcessCollectiveTest, ACallNoLargerThanTheFirstDoesNotAllocate) {
  InProcessWorld::Run(3, [](Collective& collective) {
    const CanonicalTree tree(std::vector<bool>(8, true), 3);
    const std::vector<float> values(5000, 1.0f);
    const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective.rank()).size(),
                                                 values.data());
    std::vector<float> sum(5000);
    ASSERT_TRUE(collective.AllReduce(tree, partial_sums, SumTarget::To(sum)).ok());

    const int before = AllocationCount();
    const bool first_is_ok = collective.AllReduce(tree, partial_sums, SumTarget::To(sum)).ok();
    const bool second_is_ok =
        collective.AllReduce(tree, partial_sums, SumTarget::To(std::span(sum).first(9))).ok();
    const int after = AllocationCount();

    EXPECT_TRUE(first_is_ok && second_is_ok);
    EXPECT_EQ(after, before);
  });
}

TEST(InProcessCollectiveTest, AnAbortInTheMiddleOfManyCallsEndsThemOnEveryRank) {
  std::atomic<int> aborted_count = 0;

  InProcessWorld::Run(4, [&](Collective& collective) {
    const std::vector<std::byte> mine(1 << 14);
    std::vector<std::byte> all(4 << 14);
    for (int call = 0; call < 1'000'000; ++call) {
      if (collective.rank() == 2 && call == 50) collective.Abort();
      if (collective.AllGather(mine, all).ok()) continue;
      ++aborted_count;
      return;
    }
  });

  EXPECT_EQ(aborted_count, 4);
}

}  // namespace
}  // namespace descent
