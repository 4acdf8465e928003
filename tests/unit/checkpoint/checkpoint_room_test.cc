#include "worker/checkpoint/checkpoint_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/checkpoint/tiny_checkpoint.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// No volume has as much.
constexpr LowWatermark kEverything = {.bytes = std::int64_t{1} << 60, .fraction = 1};

class CheckpointRoomTest : public testing::Test {
 protected:
  Status Check(const LowWatermark& watermark, std::span<const std::int64_t> kept_steps = {}) const {
    return CheckRoom({.root = root_,
                      .bytes = 1,
                      .watermark = watermark,
                      .kept_steps = kept_steps,
                      .generation = 2});
  }
  std::vector<std::string> Names() const { return ListDirectory(root_).value(); }

  const TemporaryDirectory directory_;
  const std::filesystem::path root_ = directory_.path() / "job";
};

TEST_F(CheckpointRoomTest, OneThatFitsBesideWhatStaysFreeHasRoom) { EXPECT_TRUE(Check({}).ok()); }

TEST_F(CheckpointRoomTest, OneThatWouldTakeWhatIsToStayFreeHasNone) {
  const Status status = Check(kEverything);

  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr(root_.string() + " has "));
  EXPECT_THAT(status.message(), HasSubstr(": 1 for a checkpoint and "));
}

TEST_F(CheckpointRoomTest, WhatMayGoIsRemovedFirstWhereSpaceIsShort) {
  WriteTinyCheckpoint(root_, 10);
  WriteTinyCheckpoint(root_, 20);
  const std::int64_t kept[] = {20};

  EXPECT_TRUE(Check({}, kept).ok());
  EXPECT_THAT(Names(), ElementsAre("step-10", "step-20"));

  EXPECT_FALSE(Check(kEverything, kept).ok());
  EXPECT_THAT(Names(), ElementsAre("step-20"));
}

TEST_F(CheckpointRoomTest, WhereItCannotBeToldWhoWritesWillSee) {
  ASSERT_TRUE(WriteNewFile(root_, "no directory").ok());

  EXPECT_TRUE(Check(kEverything).ok());
}

}  // namespace
}  // namespace descent
