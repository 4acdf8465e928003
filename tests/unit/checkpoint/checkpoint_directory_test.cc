#include "checkpoint/checkpoint_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/checkpoint/tiny_checkpoint.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::int64_t> StepsIn(const std::filesystem::path& root) {
  const std::vector<CheckpointEntry> entries = FindCheckpoints(root).value();
  std::vector<std::int64_t> steps;
  for (const CheckpointEntry& entry : entries) steps.push_back(entry.step);
  return steps;
}

TEST(CheckpointNameTest, OnlyTheOneSpellingOfAStepIsRead) {
  EXPECT_EQ(StepOfPublishedName(PublishedName(120)), 120);
  for (const char* name : {"step-", "step-01", "step--1", "step-1x", "step-+1", ".tmp-1-1", "120",
                           "step-99999999999999999999"})
    EXPECT_EQ(StepOfPublishedName(name), std::nullopt) << name;
}

TEST(FindCheckpointsTest, SortsByNumber) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {100, 9, 20}) WriteTinyCheckpoint(root.path(), step);

  EXPECT_THAT(StepsIn(root.path()), ElementsAre(9, 20, 100));
}

TEST(FindCheckpointsTest, WhatIsNotPublishedIsNotFound) {
  const TemporaryDirectory root;
  ASSERT_TRUE(MakeDirectories(root.path() / TemporaryName(5, 1)).ok());
  ASSERT_TRUE(MakeDirectories(root.path() / PublishedName(6)).ok());

  EXPECT_THAT(StepsIn(root.path()), IsEmpty());
}

TEST(FindCheckpointsTest, AMissingDirectoryHasNone) {
  EXPECT_THAT(StepsIn("/nowhere/checkpoints"), IsEmpty());
}

TEST(RemoveLeftoversTest, OfANewerGenerationStay) {
  const TemporaryDirectory root;
  for (const std::string& name : {TemporaryName(5, 1), TemporaryName(5, 2), TemporaryName(5, 3),
                                  DeletedName(4, 1), DeletedName(4, 3), std::string(".tmp-x")})
    ASSERT_TRUE(MakeDirectories(root.path() / name / "inside").ok());

  ASSERT_TRUE(RemoveLeftovers(root.path(), 2).ok());

  EXPECT_THAT(ListDirectory(root.path()).value(), ElementsAre(".del-4-3", ".tmp-5-3", ".tmp-x"));
}

TEST(RemoveOldCheckpointsTest, ThoseOnRecordStay) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20, 30, 40}) WriteTinyCheckpoint(root.path(), step);
  const std::vector<std::int64_t> kept = {20, 40};

  ASSERT_TRUE(RemoveOldCheckpoints(root.path(), kept, 1).ok());

  EXPECT_THAT(ListDirectory(root.path()).value(), ElementsAre("step-20", "step-40"));
}

TEST(RemoveOldCheckpointsTest, AllStayFromTheOneThatIsRecordedLast) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20, 30, 40}) WriteTinyCheckpoint(root.path(), step);
  const std::vector<std::int64_t> kept = {20};

  ASSERT_TRUE(RemoveOldCheckpoints(root.path(), kept, 1).ok());

  EXPECT_THAT(StepsIn(root.path()), ElementsAre(20, 30, 40));
}

TEST(RemoveOldCheckpointsTest, AllStayWhileNoneIsKnownToBeRecorded) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20}) WriteTinyCheckpoint(root.path(), step);

  ASSERT_TRUE(RemoveOldCheckpoints(root.path(), {}, 1).ok());

  EXPECT_THAT(StepsIn(root.path()), ElementsAre(10, 20));
}

TEST(RemoveCheckpointTest, SaysWhetherThereWasOne) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20}) WriteTinyCheckpoint(root.path(), step);

  const Result<bool> first = RemoveCheckpoint(root.path(), 10, 1);
  const Result<bool> again = RemoveCheckpoint(root.path(), 10, 1);

  EXPECT_TRUE(first.value());
  EXPECT_FALSE(again.value());
  EXPECT_THAT(ListDirectory(root.path()).value(), ElementsAre("step-20"));
}

TEST(RemoveCheckpointTest, FinishesWhatWasInterrupted) {
  const TemporaryDirectory root;
  WriteTinyCheckpoint(root.path(), 10);
  std::filesystem::rename(root.path() / PublishedName(10), root.path() / DeletedName(10, 1));

  const Result<bool> removed = RemoveCheckpoint(root.path(), 10, 2);

  EXPECT_TRUE(removed.value());
  EXPECT_THAT(ListDirectory(root.path()).value(), IsEmpty());
}

TEST(RemoveCheckpointTest, AMissingDirectoryHasNone) {
  EXPECT_FALSE(RemoveCheckpoint("/nowhere/checkpoints", 10, 1).value());
}

}  // namespace
}  // namespace descent
