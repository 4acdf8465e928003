#include "coordinator/failure_tail.h"

#include "tests/unit/coordinator_shell/log_store_fixture.h"

namespace descent {
namespace {

constexpr FailedRank kRank{.attempt = 1, .rank = 0};

class FailureTailTest : public LogStoreTest {
 protected:
  void Keep() { EXPECT_TRUE(store_->KeepTail("mine", kRank).ok()); }
  Texts Kept(const FailedRank& rank = kRank) const {
    const auto lines = store_->TailOf("mine", rank);
    EXPECT_TRUE(lines.ok()) << lines.status();
    Texts texts;
    for (const LogLine& line : lines.value()) texts.push_back(line.text);
    return texts;
  }
};

TEST_F(FailureTailTest, TheLastLinesOfARankOutliveTheSegmentsOfItsLog) {
  Append(ChunkOf(0, 1, 3));
  Keep();
  Append(ChunkOf(1, 1, 300));  // the oldest go

  ASSERT_GT(Segments().front(), 3);
  EXPECT_EQ(Kept(), (Texts{"0:1", "0:2", "0:3"}));
  Restart();
  EXPECT_EQ(Kept(), (Texts{"0:1", "0:2", "0:3"}));
}

TEST_F(FailureTailTest, LinesThatComeLaterAreAddedThoughTheFirstAreGone) {
  Append(ChunkOf(0, 1, 2));
  Keep();
  Append(ChunkOf(1, 1, 300));
  Append(ChunkOf(0, 3, 4));

  Keep();
  Keep();

  EXPECT_EQ(Kept(), (Texts{"0:1", "0:2", "0:3", "0:4"}));
}

TEST_F(FailureTailTest, OtherRanksAndAttemptsAreNotInIt) {
  Append(ChunkOf(0, 1, 1));
  Append(ChunkOf(1, 1, 1));
  Append(ChunkOf(0, 1, 1, 2));

  Keep();

  EXPECT_EQ(Kept(), Texts{"0:1"});
}

TEST_F(FailureTailTest, BeforeAnythingIsKeptTheEndOfTheLogIsRead) {
  Append(ChunkOf(0, 1, 2));

  EXPECT_EQ(Kept(), (Texts{"0:1", "0:2"}));
  EXPECT_EQ(Kept({.attempt = 7, .rank = 0}), Texts{});
}

TEST_F(FailureTailTest, ItGoesWithItsJobAndDoesNotComeBack) {
  Append(ChunkOf(0, 1, 2));
  Keep();
  ASSERT_TRUE(store_->Remove("mine").ok());

  Keep();

  EXPECT_EQ(Kept(), Texts{});
  EXPECT_FALSE(std::filesystem::exists(Log()));
}

TEST(KeepLastLinesTest, ThereIsABoundOfLinesAndOneOfBytes) {
  std::vector<LogLine> many(limits::kFailureLogLinesKept + 5, LogLine{.text = "line"});
  many.back().text = "last";
  std::vector<LogLine> long_ones(5, LogLine{.text = std::string(limits::kLogTextBytesMax, 'x')});
  std::vector<LogLine> none;

  KeepLastLines(many);
  KeepLastLines(long_ones);
  KeepLastLines(none);

  EXPECT_EQ(std::ssize(many), limits::kFailureLogLinesKept);
  EXPECT_EQ(many.back().text, "last");
  EXPECT_EQ(std::ssize(long_ones), 2);
  EXPECT_TRUE(none.empty());
}

TEST(JoinTailsTest, WhatBothHaveIsThereOnce) {
  const LogLine one{.time_us = 1, .text = "one"};
  const LogLine two{.time_us = 2, .text = "two"};
  const LogLine three{.time_us = 3, .text = "three"};

  EXPECT_EQ(JoinTails({one, two}, {one, two, three}), (std::vector{one, two, three}));
  EXPECT_EQ(JoinTails({one, two}, {two}), (std::vector{one, two}));
  EXPECT_EQ(JoinTails({one}, {three}), (std::vector{one, three})) << "what is between them is gone";
}

}  // namespace
}  // namespace descent
