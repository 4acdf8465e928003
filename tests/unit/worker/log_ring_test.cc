#include "worker/log_ring.h"

#include <gtest/gtest.h>

#include <thread>

namespace descent {
namespace {

const LogOrigin kOrigin{.job = "mine", .generation = 7, .attempt = 2, .rank = 3};

std::vector<std::string> TextsOf(const std::optional<LogChunk>& chunk) {
  std::vector<std::string> texts;
  if (!chunk) return texts;
  for (const LogLine& line : chunk->lines) texts.push_back(line.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(LogRingTest, ALineIsStampedWithItsAssignmentAndStep) {
  LogRing ring;
  ring.BeginAssignment(kOrigin);
  ring.SetStep(40);

  ring.Add(LogSeverity::kWarning, 1'700'000'000'000'001, "text");

  const std::optional<LogChunk> chunk = ring.WaitForChunk();
  ASSERT_TRUE(chunk.has_value());
  EXPECT_EQ(chunk->job, "mine");
  EXPECT_EQ(chunk->generation, 7);
  EXPECT_EQ(chunk->first_sequence, 1);
  ASSERT_EQ(chunk->lines.size(), 1u);
  EXPECT_EQ(chunk->lines[0], (LogLine{.time_us = 1'700'000'000'000'001,
                                      .severity = LogSeverity::kWarning,
                                      .attempt = 2,
                                      .rank = 3,
                                      .step = 40,
                                      .text = "text"}));
}

TEST(LogRingTest, WhatIsNotUtf8IsReplacedBeforeALineIsCut) {
  LogRing ring;
  ring.BeginAssignment(kOrigin);

  ring.Add(LogSeverity::kInfo, 0, "caf\xE9.png");
  ring.Add(LogSeverity::kInfo, 0, std::string(limits::kLogTextBytesMax, '\xE9'));

  const std::vector<std::string> texts = TextsOf(ring.WaitForChunk());
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0], "caf\xEF\xBF\xBD.png");
  EXPECT_LE(texts[1].size(), limits::kLogTextBytesMax);
}

TEST(LogRingTest, ALineOfNoAssignmentIsNotKept) {
  LogRing ring;
  ring.Add(LogSeverity::kInfo, 0, "before");
  ring.BeginAssignment(kOrigin);
  ring.EndAssignment();
  ring.Add(LogSeverity::kInfo, 0, "after");

  EXPECT_TRUE(ring.WaitUntilSent(std::chrono::milliseconds(0)));
}

TEST(LogRingTest, AChunkStaysUntilItIsAcknowledged) {
  LogRing ring;
  ring.BeginAssignment(kOrigin);
  ring.Add(LogSeverity::kInfo, 0, "a");
  ring.Add(LogSeverity::kInfo, 0, "b");
  const std::optional<LogChunk> lost = ring.WaitForChunk();

  const std::optional<LogChunk> again = ring.WaitForChunk();

  EXPECT_EQ(TextsOf(lost), (Texts{"a", "b"}));
  EXPECT_EQ(TextsOf(again), (Texts{"a", "b"}));
  ring.Acknowledge(*again);
  EXPECT_TRUE(ring.WaitUntilSent(std::chrono::milliseconds(0)));
}

TEST(LogRingTest, LinesThatCameAfterAChunkOutliveItsAcknowledgement) {
  LogRing ring;
  ring.BeginAssignment(kOrigin);
  ring.Add(LogSeverity::kInfo, 0, "a");
  const std::optional<LogChunk> chunk = ring.WaitForChunk();
  ring.Add(LogSeverity::kInfo, 0, "b");
  ring.Acknowledge(*chunk);

  const std::optional<LogChunk> next = ring.WaitForChunk();

  EXPECT_EQ(TextsOf(next), Texts{"b"});
  EXPECT_EQ(next->first_sequence, 2);
}

TEST(LogRingTest, AFullRingDropsTheOldestLinesWhoseNumbersAreMissingThen) {
  LogRing ring(std::size_t{16} << 10);
  ring.BeginAssignment(kOrigin);
  for (int i = 1; i <= 100; ++i) ring.Add(LogSeverity::kInfo, 0, std::string(1000, 'x'));

  const std::optional<LogChunk> chunk = ring.WaitForChunk();

  EXPECT_GT(chunk->first_sequence, 80);
  EXPECT_EQ(chunk->last_sequence(), 100);
}

TEST(LogRingTest, AChunkHoldsLinesOfOneAssignmentOnly) {
  LogRing ring;
  ring.BeginAssignment(kOrigin);
  ring.Add(LogSeverity::kInfo, 0, "old");
  ring.BeginAssignment({.job = "other", .generation = 8});
  ring.Add(LogSeverity::kInfo, 0, "new");

  const std::optional<LogChunk> first = ring.WaitForChunk();
  ring.Acknowledge(*first);
  const std::optional<LogChunk> second = ring.WaitForChunk();

  EXPECT_EQ(TextsOf(first), Texts{"old"});
  EXPECT_EQ(TextsOf(second), Texts{"new"});
  EXPECT_EQ(second->first_sequence, 1);
}

TEST(LogRingTest, ALongTextIsCutBetweenTwoCharactersAndSaysSo) {
  LogRing ring;
  ring.BeginAssignment(kOrigin);
  std::string text;
  while (text.size() <= limits::kLogTextBytesMax) text += "\u00e4";

  ring.Add(LogSeverity::kInfo, 0, text);

  const std::string cut = TextsOf(ring.WaitForChunk()).at(0);
  EXPECT_LE(cut.size(), limits::kLogTextBytesMax);
  EXPECT_TRUE(cut.ends_with("\u00e4 [cut]")) << cut.substr(cut.size() - 10);
}

TEST(LogRingTest, WhoWaitsForItsLinesHearsThatNobodyTookThem) {
  LogRing ring;
  ring.BeginAssignment(kOrigin);
  ring.Add(LogSeverity::kInfo, 0, "a");

  EXPECT_FALSE(ring.WaitUntilSent(std::chrono::milliseconds(1)));
}

TEST(LogRingTest, AClosedRingLetsItsSenderGo) {
  LogRing ring;
  std::thread sender([&ring] { EXPECT_FALSE(ring.WaitForChunk().has_value()); });

  ring.Close();

  sender.join();
}

}  // namespace
}  // namespace descent
