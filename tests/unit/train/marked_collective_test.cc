#include "worker/train/marked_collective.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "worker/collective/in_process_collective.h"

namespace descent {
namespace {

// Ranks that are threads, each with its marks.
class MarkedCollectiveTest : public ::testing::Test {
 protected:
  static constexpr int kRanks = 2;

  MarkedCollectiveTest() : group_(kRanks), progress_(kRanks) {}

  template <typename Body>
  void OnEachRank(const Body& body) {
    std::vector<std::thread> ranks;
    for (int rank = 0; rank < kRanks; ++rank)
      ranks.emplace_back([&, rank] {
        const auto collective = MakeInProcessCollective(group_, rank);
        MarkedCollective marked(*collective, progress_[static_cast<std::size_t>(rank)]);
        body(marked);
      });
    for (std::thread& rank : ranks) rank.join();
  }

  InProcessGroup group_;
  std::vector<ProgressMarker> progress_;
};

TEST_F(MarkedCollectiveTest, GivesWhatTheCollectiveGives) {
  OnEachRank([](MarkedCollective& marked) {
    const int mine = 40 + marked.rank();
    std::vector<int> all(kRanks);
    ASSERT_EQ(marked.world_size(), kRanks);
    ASSERT_TRUE(
        marked.AllGather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)))
            .ok());
    EXPECT_EQ(all, (std::vector<int>{40, 41}));
  });
}

TEST_F(MarkedCollectiveTest, CountsTheSameCallsOnEveryRank) {
  OnEachRank([](MarkedCollective& marked) {
    const CanonicalTree tree({true, true}, kRanks);
    std::vector<float> values(8, 1);
    std::vector<const float*> sums;
    for (std::size_t i = 0; i < tree.PartialSumsOf(marked.rank()).size(); ++i)
      sums.push_back(values.data());
    ASSERT_TRUE(marked.Barrier().ok());
    ASSERT_TRUE(marked.AllReduce(tree, sums, SumTarget::To(values)).ok());
  });

  for (const ProgressMarker& progress : progress_) {
    const RankProgress read = progress.Read();
    EXPECT_EQ(read.calls, 2);
    EXPECT_EQ(read.moves, 4);
    EXPECT_FALSE(read.is_in_call);
    EXPECT_EQ(read.bucket, -1);
  }
}

TEST_F(MarkedCollectiveTest, ACallThatWaitsForAPeerIsSeenWithItsBucket) {
  const auto collective = MakeInProcessCollective(group_, 0);
  ProgressMarker& progress = progress_[0];
  MarkedCollective marked(*collective, progress);
  Status status;
  std::thread waiter([&] {
    progress.SetBucket(7);
    status = marked.Barrier();
  });
  while (!progress.Read().is_in_call) std::this_thread::yield();

  const RankProgress waiting = progress.Read();
  marked.Abort();
  waiter.join();

  EXPECT_EQ(waiting.calls, 1);
  EXPECT_EQ(waiting.bucket, 7);
  EXPECT_EQ(status.code(), Code::kAborted);
  EXPECT_FALSE(progress.Read().is_in_call);
}

}  // namespace
}  // namespace descent
