#include "worker/collective/shared_memory_collective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/collective/collective_conformance.h"
#include "tests/unit/collective/reduce_scatter_conformance.h"

namespace descent {
namespace {

using ::testing::HasSubstr;

// Ranks as threads: they map the same memory at different places, as processes do.
struct SharedMemoryWorld : HostMemory {
  static int world_size_max() { return 5; }

  static void Run(int world_size, const std::function<void(Collective&)>& body) {
    const SharedMemoryRoom room = SharedMemoryRoom::Make(world_size).value();
    std::vector<std::thread> ranks;
    for (int rank = 0; rank < world_size; ++rank)
      ranks.emplace_back([&, rank] {
        const auto collective = SharedMemoryRoom::Join(room.invitation(), rank);
        ASSERT_TRUE(collective.ok()) << collective.status();
        body(*collective.value());
      });
    for (std::thread& rank : ranks) rank.join();
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(SharedMemory, CollectiveConformanceTest, SharedMemoryWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(SharedMemory, ReduceScatterConformanceTest, SharedMemoryWorld);

TEST(SharedMemoryCollectiveTest, CommonMemoryIsOneArray) {
  SharedMemoryWorld::Run(3, [](Collective& collective) {
    const std::span<float> common = collective.Allocate(9000, MemoryKind::kCommon).value();
    if (collective.rank() == 1) common[8999] = 5;

    ASSERT_TRUE(collective.AllGather({}, {}).ok());

    EXPECT_EQ(common[8999], 5);
  });
}

TEST(SharedMemoryCollectiveTest, AnAbortOfOneRankAbortsAll) {
  SharedMemoryWorld::Run(3, [](Collective& collective) {
    if (collective.rank() == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return collective.Abort();
    }
    std::byte mine{};
    std::array<std::byte, 3> all{};

    EXPECT_EQ(collective.AllGather(std::span(&mine, 1), all).code(), Code::kAborted);
  });
}

TEST(SharedMemoryCollectiveTest, AnInvitationToAnotherRoomIsRefused) {
  const SharedMemoryRoom room = SharedMemoryRoom::Make(2).value();
  SharedMemoryRoom::Invitation invitation = room.invitation();
  ++invitation.name;

  EXPECT_EQ(SharedMemoryRoom::Join(invitation, 1).status().code(), Code::kUnavailable);
}

TEST(SharedMemoryCollectiveTest, AnInvitationThatIsNoLongerGoodIsRefused) {
  SharedMemoryRoom::Invitation invitation;
  {
    const SharedMemoryRoom room = SharedMemoryRoom::Make(2).value();
    invitation = room.invitation();
  }

  const auto collective = SharedMemoryRoom::Join(invitation, 1);

  EXPECT_EQ(collective.status().code(), Code::kUnavailable);
  EXPECT_THAT(collective.status().message(), HasSubstr("/proc/"));
}

std::set<std::string> FilesIn(const std::filesystem::path& directory) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    files.insert(entry.path().filename());
  return files;
}

// Joins as `rank` in a process of its own, which ends with what `body` returns.
pid_t StartRank(const SharedMemoryRoom& room, int rank,
                const std::function<int(Collective&)>& body) {
  const pid_t child = fork();
  if (child != 0) return child;
  const auto collective = SharedMemoryRoom::Join(room.invitation(), rank);
  _exit(collective.ok() ? body(*collective.value()) : 99);
}

int ExitStatusOf(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr int kWasAborted = 42;

int ReduceForever(Collective& collective) {
  const CanonicalTree tree(std::vector<bool>(4, true), collective.world_size());
  const auto values = collective.Allocate(100000, MemoryKind::kPerRank);
  if (!values.ok()) return 98;
  const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective.rank()).size(),
                                               values.value().data());
  while (true) {
    const Status status = collective.AllReduce(tree, partial_sums, SumTarget::To(values.value()));
    if (!status.ok()) return status.code() == Code::kAborted ? kWasAborted : 97;
  }
}

// The survivors' parent has not collected the dead one yet: to them it looks like any process.
TEST(SharedMemoryCollectiveTest, ARankKilledInTheMiddleOfAReductionAbortsTheOthers) {
  const std::set<std::string> files_before = FilesIn("/dev/shm");
  for (int victim = 0; victim < 3; ++victim) {
    const SharedMemoryRoom room = SharedMemoryRoom::Make(3).value();
    std::vector<pid_t> ranks;
    for (int rank = 0; rank < 3; ++rank) ranks.push_back(StartRank(room, rank, ReduceForever));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));

    kill(ranks[static_cast<std::size_t>(victim)], SIGKILL);

    constexpr int kWasKilled = -1;
    for (int rank = 0; rank < 3; ++rank)
      EXPECT_EQ(ExitStatusOf(ranks[static_cast<std::size_t>(rank)]),
                rank == victim ? kWasKilled : kWasAborted);
  }
  EXPECT_EQ(FilesIn("/dev/shm"), files_before);
}

TEST(SharedMemoryCollectiveTest, TheReasonNamesTheRankWhoseProcessEnded) {
  const SharedMemoryRoom room = SharedMemoryRoom::Make(2).value();
  const pid_t peer = StartRank(room, 1, [](Collective&) { return 0; });
  const auto collective = SharedMemoryRoom::Join(room.invitation(), 0);
  ASSERT_TRUE(collective.ok()) << collective.status();
  ASSERT_EQ(ExitStatusOf(peer), 0);
  std::byte mine{};
  std::array<std::byte, 2> all{};

  const Status status = collective.value()->AllGather(std::span(&mine, 1), all);

  EXPECT_EQ(status.code(), Code::kAborted);
  EXPECT_THAT(status.message(), HasSubstr("rank 1"));
}

}  // namespace
}  // namespace descent
