#include "worker/checkpoint/checkpoint_directory.h"

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
  EXPECT_EQ(StepOfCheckpointName(CheckpointName(120)), 120);
  for (const char* name : {"step-", "step-01", "step--1", "step-1x", "step-+1", ".tmp-1-1", "120",
                           "step-99999999999999999999"})
    EXPECT_EQ(StepOfCheckpointName(name), std::nullopt) << name;
}

TEST(FindCheckpointsTest, SortsByNumber) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {100, 9, 20}) WriteTinyCheckpoint(root.path(), step);

  EXPECT_THAT(StepsIn(root.path()), ElementsAre(9, 20, 100));
}

TEST(FindCheckpointsTest, WhatIsNotPublishedIsNotFound) {
  const TemporaryDirectory root;
  ASSERT_TRUE(MakeDirectories(root.path() / TemporaryName(5, 1)).ok());
  ASSERT_TRUE(MakeDirectories(root.path() / CheckpointName(6)).ok());

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

TEST(RemoveOldCheckpointsTest, TheLastOnesStay) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20, 30, 40}) WriteTinyCheckpoint(root.path(), step);

  ASSERT_TRUE(RemoveOldCheckpoints(root.path(), {.keep_last = 2}, 40, 1).ok());

  EXPECT_THAT(ListDirectory(root.path()).value(), ElementsAre("step-30", "step-40"));
}

TEST(RemoveOldCheckpointsTest, TheBestStaysBesideTheLast) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20, 30, 40}) WriteTinyCheckpoint(root.path(), step);

  ASSERT_TRUE(RemoveOldCheckpoints(root.path(), {.keep_last = 1, .best_step = 20}, 40, 1).ok());

  EXPECT_THAT(ListDirectory(root.path()).value(), ElementsAre("step-20", "step-40"));
}

TEST(RemoveOldCheckpointsTest, AllStayFromTheOneThatIsRecorded) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20, 30, 40}) WriteTinyCheckpoint(root.path(), step);

  ASSERT_TRUE(RemoveOldCheckpoints(root.path(), {.keep_last = 1, .recorded_step = 20}, 40, 1).ok());

  EXPECT_THAT(StepsIn(root.path()), ElementsAre(20, 30, 40));
}

// A replay from an earlier checkpoint publishes steps below those of the attempt before.
TEST(RemoveOldCheckpointsTest, TheNewestStaysBelowHigherSteps) {
  const TemporaryDirectory root;
  for (const std::int64_t step : {10, 20, 30}) WriteTinyCheckpoint(root.path(), step);

  ASSERT_TRUE(RemoveOldCheckpoints(root.path(), {.keep_last = 1}, 20, 1).ok());

  EXPECT_THAT(StepsIn(root.path()), ElementsAre(20, 30));
}

}  // namespace
}  // namespace descent
