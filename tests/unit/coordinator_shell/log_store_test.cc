#include "coordinator/log_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "common/file.h"
#include "coordinator/gzip.h"
#include "coordinator/log_segments.h"
#include "tests/unit/coordinator_shell/log_store_fixture.h"

namespace descent {
namespace {

TEST_F(LogStoreTest, AJobWithoutALogHasNoLines) { EXPECT_EQ(ReadAll(), Texts{}); }

TEST_F(LogStoreTest, LinesComeBackInTheOrderInWhichTheyWereStored) {
  Append(ChunkOf(1, 1, 2));
  Append(ChunkOf(0, 1, 1));
  Append(ChunkOf(1, 3, 3));

  EXPECT_EQ(ReadAll(), (Texts{"1:1", "1:2", "0:1", "1:3"}));
}

TEST_F(LogStoreTest, ALogOutlivesTheCoordinator) {
  Append(ChunkOf(0, 1, 2));
  Restart();
  Append(ChunkOf(0, 3, 3));

  EXPECT_EQ(ReadAll(), (Texts{"0:1", "0:2", "0:3"}));
}

TEST_F(LogStoreTest, WhatARankSendsAgainIsStoredOnce) {
  Append(ChunkOf(0, 1, 3));
  Restart();

  Append(ChunkOf(0, 2, 4));

  EXPECT_EQ(ReadAll(), (Texts{"0:1", "0:2", "0:3", "0:4"}));
}

TEST_F(LogStoreTest, TheNextAttemptsLinesAreNotTakenForLinesThatAreThere) {
  Append(ChunkOf(0, 1, 2, 1));
  Append(ChunkOf(0, 1, 2, 2));

  EXPECT_EQ(ReadAll({.attempt = 2, .contains = {}}), (Texts{"0:1", "0:2"}));
}

TEST_F(LogStoreTest, LinesThatARankDroppedAreCounted) {
  Append(ChunkOf(0, 1, 1));
  Append(ChunkOf(0, 8, 8));

  EXPECT_EQ(ReadAll(),
            (Texts{"0:1", "log lines dropped by the rank before this one count=6", "0:8"}));
}

TEST_F(LogStoreTest, TheLinesOfALogAndOfAnOutputAreNumberedApart) {
  LogChunk output = ChunkOf(0, 1, 2);
  for (LogLine& line : output.lines) line.source = LogSource::kStderr;

  Append(ChunkOf(0, 1, 2));
  Append(output);
  Restart();
  Append(output);
  Append(ChunkOf(0, 1, 2));

  EXPECT_EQ(ReadAll(), (Texts{"0:1", "0:2", "0:1", "0:2"}));
}

TEST_F(LogStoreTest, OutputThatARankDroppedIsCountedAsOutput) {
  LogChunk output = ChunkOf(0, 4, 4);
  output.lines[0].source = LogSource::kStdout;

  Append(output);

  EXPECT_EQ(ReadAll(), (Texts{"output lines dropped by the rank before this one count=3", "0:4"}));
}

TEST_F(LogStoreTest, ARecordThatACrashCutOffIsRemoved) {
  Append(ChunkOf(0, 1, 1));
  std::ofstream(Plain(1), std::ios::app) << "1700\t1\t2\t1";
  EXPECT_EQ(ReadAll(), Texts{"0:1"});

  Restart();
  Append(ChunkOf(0, 2, 2));

  EXPECT_EQ(ReadAll(), (Texts{"0:1", "0:2"}));
}

TEST_F(LogStoreTest, ADamagedRecordCostsNoOther) {
  Append(ChunkOf(0, 1, 1));
  std::ofstream(Plain(1), std::ios::app) << std::string(20, '\0') << "\n";
  Restart();
  Append(ChunkOf(0, 2, 2));

  EXPECT_EQ(ReadAll(), (Texts{"0:1", "0:2"}));
}

TEST_F(LogStoreTest, ASegmentIsNamedByTheNumberOfItsFirstLine) {
  for (int i = 1; i <= 10; ++i) Append(ChunkOf(0, i, i));

  const std::vector<std::int64_t> segments = Segments();
  ASSERT_GT(segments.size(), 1u);
  EXPECT_EQ(ReadAll({}, segments[1]).front(), "0:" + std::to_string(segments[1]));
}

TEST_F(LogStoreTest, AChunkThatIsLargerThanASegmentFillsSeveral) {
  Append(ChunkOf(0, 1, 30));

  EXPECT_GT(Segments().size(), 1u);
  EXPECT_EQ(ReadAll().back(), "0:30");
}

TEST_F(LogStoreTest, TheOldestSegmentsGoWhereALogIsLongerThanItMayBe) {
  for (int i = 1; i <= 100; ++i) Append(ChunkOf(0, i, i));

  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Log())) bytes += entry.file_size();
  EXPECT_GT(Segments().front(), 1);
  EXPECT_LE(bytes, static_cast<std::uintmax_t>(bounds_.job_bytes + bounds_.segment_bytes));
  EXPECT_EQ(ReadAll().front(), "0:" + std::to_string(Segments().front()));
  EXPECT_EQ(ReadAll().back(), "0:100");
}

TEST_F(LogStoreTest, HowLongALogMayBeIsMeasuredOnDisk) {
  LogChunk chunk = ChunkOf(0, 1, 6);
  for (LogLine& line : chunk.lines) line.text = std::string(150, 'x');

  Append(chunk);

  ASSERT_GT(6 * 150, bounds_.job_bytes);
  EXPECT_EQ(ReadAll().size(), 6u);
  EXPECT_EQ(store_->counters().dropped_as_oldest, 0);
}

TEST_F(LogStoreTest, ATailThatNobodyWaitsForIsNoLongerSearchedFor) {
  FillSeveralSegments();
  int asked = 0;

  const auto first = store_->FindTail("mine", {.contains = "nowhere"}, 1,
                                      {.is_cancelled = [&] { return ++asked == 2; }});

  EXPECT_EQ(first.status().code(), Code::kCancelled);
  EXPECT_EQ(asked, 2);
}

TEST_F(LogStoreTest, ATailIsSearchedForInSoMuchTextOnly) {
  FillSeveralSegments();
  const std::int64_t last = Segments().back();  // lines are numbered like their text here

  EXPECT_EQ(store_->FindTail("mine", {}, 100, {.bytes_max = 1}).value(), last);
  EXPECT_EQ(store_->FindTail("mine", {.contains = "nowhere"}, 1, {.bytes_max = 1}).value(), 31);
}

TEST_F(LogStoreTest, AReaderBeyondTheEndIsToldTheOldestLine) {
  Append(ChunkOf(0, 1, 3));
  LogReader reader = store_->ReaderFrom("mine", {}, 5);

  EXPECT_FALSE(reader.Next().value().oldest);  // it passes what is there
  EXPECT_EQ(reader.Next().value().oldest, 1);
  EXPECT_EQ(reader.next(), 5);
  EXPECT_EQ(store_->ReaderFrom("other", {}, 2).Next().value().oldest, 1);
}

TEST_F(LogStoreTest, ARankWhoseLinesAreGoneIsNotSaidToHaveDroppedThem) {
  Append(ChunkOf(1, 1, 1));
  for (int i = 1; i <= 100; ++i) Append(ChunkOf(0, i, i));
  Restart();

  Append(ChunkOf(1, 2, 2));

  EXPECT_EQ(ReadAll({.ranks = {1}, .contains = {}}), Texts{"1:2"});
}

TEST_F(LogStoreTest, AReaderWhosePlaceIsGoneIsToldTheOldestThatThereIs) {
  for (int i = 1; i <= 100; ++i) Append(ChunkOf(0, i, i));
  LogReader reader = store_->ReaderFrom("mine", {}, 2);

  const Result<LogPage> page = reader.Next();

  EXPECT_EQ(page.value().oldest, Segments().front());
  EXPECT_EQ(reader.next(), 2);
}

TEST_F(LogStoreTest, AReaderAtTheEndFindsWhatIsAppendedAfterwards) {
  Append(ChunkOf(0, 1, 1));
  LogReader reader = store_->ReaderFrom("mine", {}, 0);
  EXPECT_EQ(reader.Next().value().lines.size(), 1u);
  EXPECT_TRUE(reader.Next().value().is_end);

  Append(ChunkOf(0, 2, 15));

  Texts texts;
  for (LogPage page = reader.Next().value(); !page.is_end; page = reader.Next().value())
    for (const LogLine& line : page.lines) texts.push_back(line.text);
  ASSERT_EQ(texts.size(), 14u);
  EXPECT_EQ(texts.front(), "0:2");
  EXPECT_EQ(texts.back(), "0:15");
  EXPECT_GT(Segments().size(), 1u);
}

TEST_F(LogStoreTest, AReaderGoesOnFromTheLineAfterThoseItHasRead) {
  Append(ChunkOf(0, 1, 15));
  LogReader first = store_->ReaderFrom("mine", {}, 0);
  const std::size_t read = first.Next().value().lines.size();
  ASSERT_LT(read, 15u);

  const Texts rest = ReadAll({}, first.next());

  EXPECT_EQ(rest.size(), 15 - read);
  EXPECT_EQ(rest.front(), "0:" + std::to_string(read + 1));
}

TEST_F(LogStoreTest, AFilterKeepsRanksAttemptSeverityAndText) {
  LogChunk chunk = ChunkOf(2, 1, 3, 4);
  chunk.lines[1].severity = LogSeverity::kError;
  chunk.lines[2].severity = LogSeverity::kError;
  chunk.lines[2].text = "disk full";
  Append(chunk);
  Append(ChunkOf(3, 1, 1, 4));

  EXPECT_EQ(ReadAll({.ranks = {2}, .contains = {}}), (Texts{"2:1", "2:2", "disk full"}));
  EXPECT_EQ(ReadAll({.attempt = 3, .contains = {}}), Texts{});
  EXPECT_EQ(ReadAll({.severity_min = LogSeverity::kError, .contains = {}}),
            (Texts{"2:2", "disk full"}));
  EXPECT_EQ(ReadAll({.contains = "sk fu"}), Texts{"disk full"});
}

TEST_F(LogStoreTest, AFilterTellsWhatAProcessWroteFromWhatItLogged) {
  Append(ChunkOf(0, 1, 1));
  LogChunk output = ChunkOf(0, 1, 2);
  output.lines[0].source = LogSource::kStdout;
  output.lines[1].source = LogSource::kStderr;
  output.lines[0].text = "printed";
  output.lines[1].text = "aborted";
  Append(output);

  EXPECT_EQ(ReadAll({.contains = {}, .sources = {LogSource::kLog}}), Texts{"0:1"});
  EXPECT_EQ(ReadAll({.contains = {}, .sources = {LogSource::kStdout, LogSource::kStderr}}),
            (Texts{"printed", "aborted"}));
  EXPECT_EQ(Tail({.contains = {}, .sources = {LogSource::kStdout}}, 5), Texts{"printed"});
}

TEST_F(LogStoreTest, ATailIsOfTheLinesThatMatch) {
  for (int i = 1; i <= 12; ++i) {
    Append(ChunkOf(0, i, i));
    Append(ChunkOf(1, i, i));
  }

  EXPECT_EQ(Tail({.ranks = {1}, .contains = {}}, 3), (Texts{"1:10", "1:11", "1:12"}));
  EXPECT_EQ(Tail({}, 2), (Texts{"0:12", "1:12"}));
  EXPECT_EQ(Tail({}, 0), Texts{});
  EXPECT_EQ(Tail({.ranks = {7}, .contains = {}}, 3), Texts{});
}

TEST_F(LogStoreTest, ATailThatIsLongerThanTheLogIsAllOfIt) {
  Append(ChunkOf(0, 1, 3));

  EXPECT_EQ(Tail({}, 100), (Texts{"0:1", "0:2", "0:3"}));
}

TEST_F(LogStoreTest, LinesAreCountedBySeverityOnceThoughTheyAreSentAgain) {
  LogChunk chunk = ChunkOf(0, 1, 3);
  chunk.lines[1].severity = LogSeverity::kError;
  Append(chunk);

  Append(chunk);

  EXPECT_EQ(store_->counters().stored, (std::array<std::int64_t, 4>{0, 2, 0, 1}));
}

TEST_F(LogStoreTest, LinesThatAreLostAreCountedByTheirReason) {
  Append(ChunkOf(0, 5, 5));
  store_->Drop(ChunkOf(0, 1, 2));
  EXPECT_EQ(store_->counters().dropped_by_rank, 4);
  EXPECT_EQ(store_->counters().dropped_unwanted, 2);
  EXPECT_EQ(store_->counters().dropped_as_oldest, 0);

  Append(ChunkOf(0, 6, 100));

  EXPECT_EQ(store_->counters().dropped_as_oldest, Segments().front() - 1);
}

TEST_F(LogStoreTest, OfManyOpenLogsTheLeastRecentlyUsedIsClosed) {
  const auto append = [this](const std::string& job, std::int64_t sequence) {
    LogChunk chunk = ChunkOf(0, sequence, sequence);
    chunk.job = job;
    Append(chunk);
  };
  const auto is_there = [this](const std::string& job) {
    return std::filesystem::exists(directory_.path() / job);
  };
  append("a", 1);
  append("b", 1);
  for (int i = 0; i < 62; ++i) append("more-" + std::to_string(i), 1);
  append("a", 2);

  append("one-too-many", 1);

  // What is open needs its directory no more; what is opened again makes it.
  for (const char* job : {"a", "b"}) std::filesystem::remove_all(directory_.path() / job);
  append("a", 3);
  EXPECT_FALSE(is_there("a"));
  append("b", 2);
  EXPECT_TRUE(is_there("b"));
}

TEST_F(LogStoreTest, ARemovedJobHasNoLog) {
  Append(ChunkOf(0, 1, 30));

  ASSERT_TRUE(store_->Remove("mine").ok());

  EXPECT_EQ(ReadAll(), Texts{});
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "mine"));
}

TEST_F(LogStoreTest, LogsOfJobsThatAreNoMoreAreRemoved) {
  Append(ChunkOf(0, 1, 1));
  LogChunk other = ChunkOf(0, 1, 1);
  other.job = "other";
  Append(other);

  ASSERT_TRUE(store_->RemoveAllBut({"mine"}).ok());

  EXPECT_EQ(ReadAll(), Texts{"0:1"});
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "other"));
}

}  // namespace
}  // namespace descent
