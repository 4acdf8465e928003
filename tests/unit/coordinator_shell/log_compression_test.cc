// Segments of a log that are compressed, and what a crash leaves of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "common/file.h"
#include "coordinator/gzip.h"
#include "tests/unit/coordinator_shell/log_store_fixture.h"

namespace descent {
namespace {

using LogCompressionTest = LogStoreTest;

TEST_F(LogCompressionTest, SegmentsButTheLastAreCompressed) {
  FillSeveralSegments();

  const std::vector<std::int64_t> segments = Segments();
  for (const std::int64_t first : segments) {
    EXPECT_EQ(std::filesystem::exists(Compressed(first)), first != segments.back()) << first;
    EXPECT_EQ(std::filesystem::exists(Plain(first)), first == segments.back()) << first;
  }
  EXPECT_EQ(ReadAll(), Numbered(30));
  EXPECT_EQ(ReadAll({.contains = "0:2"}).size(), 11u);
  EXPECT_EQ(Tail({.contains = "0:1"}, 11).front(), "0:1");
}

TEST_F(LogCompressionTest, ACompressedLogOutlivesTheCoordinator) {
  FillSeveralSegments();
  Restart();

  Append(ChunkOf(0, 25, 31));

  EXPECT_EQ(ReadAll(), Numbered(31));
}

TEST_F(LogCompressionTest, ACrashBeforeTheUncompressedSegmentWasRemovedDoublesNoLine) {
  FillSeveralSegments();
  const std::string text = Gunzip(ReadFile(Compressed(1)).value()).bytes;
  ASSERT_TRUE(WriteNewFile(Plain(1), text).ok());
  EXPECT_EQ(ReadAll(), Numbered(30));
  EXPECT_EQ(Tail({}, 100), Numbered(30));

  Restart();
  Append(ChunkOf(0, 31, 31));

  EXPECT_EQ(ReadAll(), Numbered(31));
  EXPECT_FALSE(std::filesystem::exists(Plain(1)));
  EXPECT_TRUE(std::filesystem::exists(Compressed(1)));
}

TEST_F(LogCompressionTest, WhatAPowerFailureLeftOfAnUncompressedSegmentIsNotTakenForIt) {
  FillSeveralSegments();
  const std::vector<std::int64_t> segments = Segments();
  const std::string text = Gunzip(ReadFile(Compressed(segments[1])).value()).bytes;
  ASSERT_TRUE(WriteNewFile(Plain(segments[0]), "").ok());
  ASSERT_TRUE(WriteNewFile(Plain(segments[1]), text.substr(0, text.size() / 2)).ok());
  EXPECT_EQ(ReadAll(), Numbered(30));
  EXPECT_EQ(Tail({}, 100), Numbered(30));

  Restart();
  Append(ChunkOf(0, 31, 31));

  EXPECT_EQ(ReadAll(), Numbered(31));
  EXPECT_FALSE(std::filesystem::exists(Plain(segments[1])));
}

TEST_F(LogCompressionTest, AnUncompressedSegmentStandsForACompressedOneThatIsDamaged) {
  FillSeveralSegments();
  const std::string text = Gunzip(ReadFile(Compressed(1)).value()).bytes;
  ASSERT_TRUE(WriteNewFile(Plain(1), text).ok());
  std::filesystem::resize_file(Compressed(1), 5);
  EXPECT_EQ(ReadAll(), Numbered(30));

  Restart();
  Append(ChunkOf(0, 31, 31));

  EXPECT_EQ(ReadAll(), Numbered(31));
  EXPECT_FALSE(std::filesystem::exists(Compressed(1)));
}

TEST_F(LogCompressionTest, ACrashWhileASegmentWasCompressedLeavesNothingBehind) {
  FillSeveralSegments();
  const std::filesystem::path partial = Compressed(1).string() + ".partial";
  ASSERT_TRUE(WriteNewFile(partial, "half").ok());
  EXPECT_EQ(ReadAll(), Numbered(30));

  Restart();
  Append(ChunkOf(0, 31, 31));

  EXPECT_EQ(ReadAll(), Numbered(31));
  EXPECT_FALSE(std::filesystem::exists(partial));
}

TEST_F(LogCompressionTest, APowerFailureThatTookTheSegmentBehindACompressedOneIsOvercome) {
  FillSeveralSegments();
  const std::int64_t lost = Segments().back();  // lines are numbered like their text here
  std::filesystem::remove(Plain(lost));

  Restart();
  Append(ChunkOf(0, lost, 31));

  EXPECT_EQ(ReadAll(), Numbered(31));
}

TEST_F(LogCompressionTest, ADamagedCompressedSegmentCostsNoOther) {
  FillSeveralSegments();
  const std::vector<std::int64_t> segments = Segments();
  std::filesystem::resize_file(Compressed(segments[1]), 5);

  const Texts found = ReadAll();

  EXPECT_EQ(std::ranges::count(found, "0:1"), 1);
  EXPECT_EQ(std::ranges::count(found, "0:" + std::to_string(segments[1])), 0);
  EXPECT_EQ(std::ranges::count(found, "0:" + std::to_string(segments[2])), 1);
  EXPECT_EQ(found.back(), "0:30");
}

TEST_F(LogCompressionTest, ALastSegmentThatIsDamagedBeyondReadingIsNotWrittenTo) {
  FillSeveralSegments();
  const std::vector<std::int64_t> segments = Segments();
  std::filesystem::remove(Plain(segments.back()));
  const std::int64_t damaged = segments[segments.size() - 2];
  std::filesystem::resize_file(Compressed(damaged), 5);

  Restart();
  Append(ChunkOf(0, 31, 32));

  EXPECT_EQ(Segments().back(), damaged + 1);
  EXPECT_EQ(ReadAll().back(), "0:32");
}

}  // namespace
}  // namespace descent
