#include "worker/train/state_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "worker/collective/in_process_collective.h"

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kSize = 4096;

ParameterLayout Layout() {
  ParameterLayout layout;
  layout.slots = {{.name = "a", .shape = {kSize}, .offset = 0, .size = kSize}};
  layout.buckets = {{0, kSize}};
  layout.element_count = kSize;
  return layout;
}

// Of a value in the middle.
std::vector<float> WithOneBitFlipped(std::vector<float> values) {
  float& value = values[kSize / 2];
  value = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) ^ 1U);
  return values;
}

// What a rank has when its state has been compared.
struct Verified {
  Result<Digest> digest = Digest();
  std::vector<int> diverged_ranks;
};

// By rank. The state of `flipped_rank` begins with another bit; -1: of none.
std::vector<Verified> VerifyAll(int world_size, int flipped_rank,
                                UpdateKind update = UpdateKind::kReplicated) {
  InProcessGroup group(world_size);
  const ParameterLayout layout = Layout();
  std::vector<Verified> verified(static_cast<std::size_t>(world_size));
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < world_size; ++rank)
    ranks.emplace_back([&, rank] {
      const std::unique_ptr<Collective> collective = MakeInProcessCollective(group, rank);
      TrainState state =
          TrainState::Create(
              {.layout = layout, .optimizer = {}, .update = update, .collective = *collective})
              .value();
      const std::vector<float> start(kSize, 0.5F);
      ASSERT_TRUE(state.Start(rank == flipped_rank ? WithOneBitFlipped(start) : start).ok());
      StateVerifier verifier(10, 0, *collective);
      Verified& mine = verified[static_cast<std::size_t>(rank)];
      mine.digest = verifier.Verify(state);
      mine.diverged_ranks = verifier.diverged_ranks();
    });
  for (std::thread& rank : ranks) rank.join();
  return verified;
}

TEST(StateVerifierTest, EqualStatesHaveTheSameDigestOnEveryRankAndForEveryNumberOfThem) {
  const std::string alone = VerifyAll(1, -1)[0].digest.value().ToHex();

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded})
    for (const Verified& rank : VerifyAll(3, -1, update)) {
      ASSERT_TRUE(rank.digest.ok()) << rank.digest.status();
      EXPECT_EQ(rank.digest.value().ToHex(), alone);
      EXPECT_THAT(rank.diverged_ranks, IsEmpty());
    }
}

TEST(StateVerifierTest, ARankWithOneFlippedBitIsNamedOnEveryRank) {
  for (const Verified& rank : VerifyAll(3, 2)) {
    EXPECT_EQ(rank.digest.status().code(), Code::kInternal);
    EXPECT_THAT(rank.digest.status().message(), HasSubstr("rank 2 has "));
    EXPECT_THAT(rank.digest.status().message(), HasSubstr(", the others have "));
    EXPECT_THAT(rank.diverged_ranks, ElementsAre(2));
  }
}

TEST(StateVerifierTest, OfTwoRanksBothAreNamed) {
  for (const Verified& rank : VerifyAll(2, 1)) {
    EXPECT_THAT(rank.digest.status().message(), HasSubstr("rank 0 has "));
    EXPECT_THAT(rank.digest.status().message(), HasSubstr("rank 1 has "));
    EXPECT_THAT(rank.diverged_ranks, ElementsAre(0, 1));
  }
}

TEST(StateVerifierTest, AComparisonIsDueAfterEveryNthStep) {
  InProcessGroup group(1);
  const std::unique_ptr<Collective> collective = MakeInProcessCollective(group, 0);
  const StateVerifier every_ten(10, 0, *collective);
  const StateVerifier never(0, 0, *collective);

  EXPECT_TRUE(every_ten.IsDue(20));
  EXPECT_FALSE(every_ten.IsDue(21));
  EXPECT_FALSE(never.IsDue(20));
}

}  // namespace
}  // namespace descent
