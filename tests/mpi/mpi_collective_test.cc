#include "worker/collective/mpi_collective.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/mpi/mpi_world.h"
#include "tests/unit/collective/collective_conformance.h"
#include "tests/unit/collective/reduce_scatter_conformance.h"
#include "worker/collective/form_collective.h"

namespace descent {
namespace {

std::vector<int> FirstRanks(int count) {
  std::vector<int> ranks(static_cast<std::size_t>(count));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

// Groups of the first ranks of the world that mpirun started; the other ranks wait.
template <typename Maker>
struct MpiWorld : HostMemory {
  static int world_size_max() { return WorldSize(); }

  static void Run(int world_size, const std::function<void(Collective&)>& body) {
    MPI_Barrier(MPI_COMM_WORLD);
    if (WorldRank() < world_size) {
      Result<std::unique_ptr<Collective>> collective = Maker::Make(FirstRanks(world_size));
      ASSERT_TRUE(collective.ok()) << collective.status();
      body(*collective.value());
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
};

struct OverMessages {
  static Result<std::unique_ptr<Collective>> Make(const std::vector<int>& ranks) {
    return FormCollective(CollectiveKind::kMpi, ReductionKind::kReproducible, ranks, 1);
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Mpi, CollectiveConformanceTest, MpiWorld<OverMessages>);
INSTANTIATE_TYPED_TEST_SUITE_P(Mpi, ReduceScatterConformanceTest, MpiWorld<OverMessages>);

// Messages beyond MPI's counts travel in pieces: here everything beyond 1000 bytes does.
struct OverPieces {
  static Result<std::unique_ptr<Collective>> Make(const std::vector<int>& ranks) {
    return MakeMpiCollective(ranks, 1, 1000);
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(MpiInPieces, CollectiveConformanceTest, MpiWorld<OverPieces>);
INSTANTIATE_TYPED_TEST_SUITE_P(MpiInPieces, ReduceScatterConformanceTest, MpiWorld<OverPieces>);

struct OverSharedMemory {
  static Result<std::unique_ptr<Collective>> Make(const std::vector<int>& ranks) {
    return FormCollective(CollectiveKind::kSharedMemory, ReductionKind::kReproducible, ranks, 1);
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(SharedMemory, CollectiveConformanceTest, MpiWorld<OverSharedMemory>);
INSTANTIATE_TYPED_TEST_SUITE_P(SharedMemory, ReduceScatterConformanceTest,
                               MpiWorld<OverSharedMemory>);

TEST(FormCollectiveTest, SeveralRanksOfOneHostShareMemoryByThemselves) {
  const auto collective = FormCollective(CollectiveKind::kAuto, ReductionKind::kReproducible,
                                         FirstRanks(WorldSize()), 20);

  ASSERT_TRUE(collective.ok()) << collective.status();
  EXPECT_EQ(collective.value()->shares_memory(), WorldSize() > 1);
}

TEST(FormCollectiveTest, MpiKnowsThatAllRanksAreOnThisHost) {
  const auto group = MakeMpiGroup(FirstRanks(WorldSize()), 21);

  ASSERT_TRUE(group.ok()) << group.status();
  ASSERT_EQ(group.value().places.size(), static_cast<std::size_t>(WorldSize()));
  for (const MpiPlace& place : group.value().places) {
    EXPECT_EQ(place.first_rank, 0);
    EXPECT_EQ(place.host, group.value().places[0].host);
  }
}

TEST(MpiCollectiveTest, RanksAreInTheOrderTheyAreNamedIn) {
  std::vector<int> reversed(static_cast<std::size_t>(WorldSize()));
  std::iota(reversed.rbegin(), reversed.rend(), 0);

  const auto collective = MakeMpiCollective(reversed, 2);

  ASSERT_TRUE(collective.ok()) << collective.status();
  EXPECT_EQ(collective.value()->rank(), WorldSize() - 1 - WorldRank());
  EXPECT_EQ(collective.value()->world_size(), WorldSize());
}

TEST(MpiCollectiveTest, DisjointGroupsWorkSideBySide) {
  const int group = WorldRank() % 2;
  std::vector<int> ranks;
  for (int rank = group; rank < WorldSize(); rank += 2) ranks.push_back(rank);

  const auto collective = MakeMpiCollective(ranks, 10 + group);
  ASSERT_TRUE(collective.ok()) << collective.status();

  const CanonicalTree tree(std::vector<bool>(4, true), static_cast<int>(ranks.size()));
  const auto sum = conformance::ReduceLeaves(*collective.value(), tree, 100 + 50 * ranks[0]);
  EXPECT_EQ(conformance::CountWrong(tree, sum), 0);
}

TEST(MpiCollectiveTest, ANewGroupWorksAfterAnotherWasAbortedInTheMiddleOfACall) {
  if (WorldSize() == 1) GTEST_SKIP() << "one rank waits for nobody";
  const std::vector<int> ranks = FirstRanks(WorldSize());
  {
    const auto aborted = MakeMpiCollective(ranks, 3);
    ASSERT_TRUE(aborted.ok()) << aborted.status();
    const std::vector<std::byte> mine(3 << 20);
    std::vector<std::byte> all(mine.size() * ranks.size());
    const auto aborter = std::async(std::launch::async, [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      aborted.value()->Abort();
    });
    if (WorldRank() != 0) {
      EXPECT_EQ(aborted.value()->AllGather(mine, all).code(), Code::kAborted);
    }
  }

  const auto collective = MakeMpiCollective(ranks, 4);
  ASSERT_TRUE(collective.ok()) << collective.status();

  const CanonicalTree tree(std::vector<bool>(8, true), WorldSize());
  const auto sum = conformance::ReduceLeaves(*collective.value(), tree, 1 << 16);
  EXPECT_EQ(conformance::CountWrong(tree, sum), 0);
}

TEST(MpiCollectiveTest, AGroupWithoutThisProcessIsRefused) {
  if (WorldSize() == 1) GTEST_SKIP() << "there is no other rank to name";
  const int other = (WorldRank() + 1) % WorldSize();

  EXPECT_EQ(MakeMpiCollective(std::vector<int>{other}, 5).status().code(), Code::kInvalidArgument);
}

TEST(MpiCollectiveTest, ARankOutsideTheWorldIsRefused) {
  EXPECT_EQ(MakeMpiCollective(std::vector<int>{WorldRank(), WorldSize()}, 6).status().code(),
            Code::kInvalidArgument);
}

TEST(MpiCollectiveTest, ARankNamedTwiceIsRefused) {
  EXPECT_EQ(MakeMpiCollective(std::vector<int>{WorldRank(), WorldRank()}, 7).status().code(),
            Code::kInvalidArgument);
}

// Speaks only of failures, so that the ranks' reports do not drown each other.
class FailurePrinter final : public ::testing::EmptyTestEventListener {
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed())
      std::fprintf(stderr, "[rank %d] %s:%d: %s\n", WorldRank(), result.file_name(),
                   result.line_number(), result.message());
  }
};

}  // namespace
}  // namespace descent

// Passes only if all ranks pass: mpirun reports any rank's exit status.
int main(int argc, char** argv) {
  int thread_level = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &thread_level);
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  if (descent::WorldRank() != 0) delete listeners.Release(listeners.default_result_printer());
  if (descent::WorldRank() != 0) listeners.Append(new descent::FailurePrinter);

  int failed = RUN_ALL_TESTS();
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return failed;
}
