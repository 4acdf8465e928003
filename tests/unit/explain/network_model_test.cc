#include "worker/explain/network_model.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

constexpr std::int64_t kUnit = 4096;  // the least of a slice

CanonicalTree TreeOfAll(std::int64_t logical_workers, int ranks) {
  return CanonicalTree(std::vector<bool>(static_cast<std::size_t>(logical_workers), true), ranks);
}

// Four ranks on four hosts, M = 64 KiB: each sends three others its slices' partial sums, and then
// its finished slice. 2 M (P - 1) / P pass each link.
TEST(TreeTrafficTest, APowerOfTwoMovesWhatARingWould) {
  const Traffic traffic = TreeTraffic(TreeOfAll(4, 4), 4 * kUnit, CallKind::kAllReduce, 1);

  EXPECT_EQ(traffic.messages, 6);
  EXPECT_EQ(traffic.bytes, 2 * 65536 * 3 / 4);
  EXPECT_EQ(traffic.added, (4 + 1) * 16384);  // four partial sums read, one sum written
}

TEST(TreeTrafficTest, HalfOfItIsTheReductionAndHalfTheGathering) {
  const CanonicalTree tree = TreeOfAll(4, 4);

  EXPECT_EQ(TreeTraffic(tree, 4 * kUnit, CallKind::kReduceScatter, 1).bytes, 65536 * 3 / 4);
  EXPECT_EQ(TreeTraffic(tree, 4 * kUnit, CallKind::kAllGather, 1),
            (Traffic{.messages = 3, .bytes = 65536.0 * 3 / 4, .added = 0}));
}

// Two of the three others are on another host. Of 16,384 values two ranks send those of the other
// host's slices, 8,192, twice, and their own 8,192 finished ones to two ranks.
TEST(TreeTrafficTest, RanksOfAHostShareItsLinkAndDoNotUseItAmongThemselves) {
  const Traffic traffic = TreeTraffic(TreeOfAll(4, 4), 4 * kUnit, CallKind::kAllReduce, 2);

  EXPECT_EQ(traffic.messages, 4);
  EXPECT_EQ(traffic.bytes, (2 * 8192 + 8192 * 2) * 4);
}

// A bucket of one unit is one rank's slice: it receives three partial sums and sends three sums.
TEST(TreeTrafficTest, ABucketOfOneSliceGoesThroughOneLink) {
  const Traffic traffic = TreeTraffic(TreeOfAll(4, 4), kUnit, CallKind::kAllReduce, 1);

  EXPECT_EQ(traffic.messages, 3);
  EXPECT_EQ(traffic.bytes, 3 * 16384);
}

// Eight logical workers on three ranks are 3 + 3 + 2: partial sums {0,1} {2}, {3} {4,5}, {6,7}. The
// last rank receives four of them and sends one.
TEST(TreeTrafficTest, RanksThatAreNoPowerOfTwoSendPartialSumsMoreThanOnce) {
  const Traffic traffic = TreeTraffic(TreeOfAll(8, 3), 3 * kUnit, CallKind::kReduceScatter, 1);

  EXPECT_EQ(traffic.messages, 4);
  EXPECT_EQ(traffic.bytes, 4 * 16384);
}

// A slice of 256 Ki values is two segments of 512 KiB, each a message.
TEST(TreeTrafficTest, LongSlicesAreCutIntoSegments) {
  EXPECT_EQ(TreeTraffic(TreeOfAll(2, 2), 2 << 18, CallKind::kReduceScatter, 1).messages, 2);
}

// Parameters of a sharded update go as whole slices.
TEST(TreeTrafficTest, SlicesThatAreOnlyGatheredAreOneMessageEach) {
  EXPECT_EQ(TreeTraffic(TreeOfAll(2, 2), 2 << 18, CallKind::kAllGather, 1).messages, 1);
}

TEST(TreeTrafficTest, RanksOfOneHostUseNoLink) {
  const Traffic traffic = TreeTraffic(TreeOfAll(4, 4), 4 * kUnit, CallKind::kAllReduce, 4);

  EXPECT_EQ(traffic.messages, 0);
  EXPECT_EQ(traffic.bytes, 0);
}

TEST(RingTrafficTest, IsTwicePMinusOneMessagesOfOneSlice) {
  EXPECT_EQ(RingTraffic(4, 1000, CallKind::kAllReduce, 1),
            (Traffic{.messages = 6, .bytes = 6000, .added = 9000}));
  EXPECT_EQ(RingTraffic(4, 1000, CallKind::kAllReduce, 4), Traffic{});
}

TEST(RingTrafficTest, AReductionWithoutTheGatheringIsHalfOfIt) {
  EXPECT_EQ(RingTraffic(4, 1000, CallKind::kReduceScatter, 1),
            (Traffic{.messages = 3, .bytes = 3000, .added = 9000}));
}

TEST(RecordTrafficTest, EveryRankOfAHostSendsToEveryRankOfTheOthers) {
  EXPECT_EQ(RecordTraffic(4, 100, 1), (Traffic{.messages = 3, .bytes = 300, .added = 0}));
  EXPECT_EQ(RecordTraffic(4, 100, 2), (Traffic{.messages = 2, .bytes = 400, .added = 0}));
}

TEST(SecondsOfTest, AMessageTakesItsLatencyAndItsBytes) {
  const Network network{.bytes_per_second = 1e9, .message_seconds = 1e-5};

  EXPECT_DOUBLE_EQ(SecondsOf({.messages = 10, .bytes = 1e6, .added = 0}, network, 1e10),
                   1e-4 + 1e-3);
}

TEST(SecondsOfTest, SlowAdditionsHoldUpTheNetwork) {
  const Network network{.bytes_per_second = 1e9, .message_seconds = 0};

  EXPECT_DOUBLE_EQ(SecondsOf({.messages = 1, .bytes = 1e6, .added = 4e7}, network, 1e10), 4e-3);
}

}  // namespace
}  // namespace descent
