#include "worker/checkpoint/checkpoint_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/checkpoint_directory.h"
#include "common/file.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/checkpoint/tiny_checkpoint.h"
#include "worker/checkpoint/checkpoint_reader.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::span<const std::int64_t> kKeepAll;

class CheckpointWriterTest : public testing::Test {
 protected:
  std::vector<std::string> Names() const { return ListDirectory(root()).value(); }
  const std::filesystem::path& root() const { return directory_.path(); }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(CheckpointWriterTest, PublishesUnderTheStepsName) {
  const TinyState state(1);

  const Result<PublishedCheckpoint> published =
      PublishCheckpoint(root(), state.ContentsAt(120), kKeepAll);

  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(published.value().directory, root() / "step-120");
  EXPECT_EQ(published.value().state_digest, state.StateDigest());
  EXPECT_FALSE(published.value().was_adopted);
  EXPECT_THAT(Names(), ElementsAre("step-120"));
  EXPECT_THAT(
      ListDirectory(root() / "step-120").value(),
      ElementsAre("manifest.json", "model.json", "model.safetensors", "optimizer.safetensors"));
}

TEST_F(CheckpointWriterTest, CountsTheBytesOfAllFiles) {
  const TinyState state(1);

  const PublishedCheckpoint published =
      PublishCheckpoint(root(), state.ContentsAt(120), kKeepAll).value();

  std::int64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(published.directory))
    bytes += static_cast<std::int64_t>(file.file_size());
  EXPECT_EQ(published.bytes, bytes);
}

TEST_F(CheckpointWriterTest, MakesTheDirectory) {
  const TinyState state(1);

  EXPECT_TRUE(PublishCheckpoint(root() / "jobs" / "tiny-1", state.ContentsAt(1), kKeepAll).ok());
}

TEST_F(CheckpointWriterTest, EqualStatesGiveEqualTensorFiles) {
  const TinyState state(1);
  const auto one = PublishCheckpoint(root() / "one", state.ContentsAt(120), kKeepAll).value();
  const auto other = PublishCheckpoint(root() / "other", state.ContentsAt(120), kKeepAll).value();

  EXPECT_EQ(ReadFile(one.directory / kModelName).value(),
            ReadFile(other.directory / kModelName).value());
}

TEST_F(CheckpointWriterTest, TheModelsDescriptionDoesNotEnterTheStateDigest) {
  const TinyState state(1);
  CheckpointContents contents = state.ContentsAt(120);
  contents.model.vocabulary = Vocabulary::Bytes();

  EXPECT_EQ(PublishCheckpoint(root(), contents, kKeepAll).value().state_digest,
            state.StateDigest());
}

TEST_F(CheckpointWriterTest, AReplayOfTheSameStateIsAdopted) {
  const TinyState state(1);
  ASSERT_TRUE(PublishCheckpoint(root(), state.ContentsAt(120, 1), kKeepAll).ok());

  const Result<PublishedCheckpoint> replayed =
      PublishCheckpoint(root(), state.ContentsAt(120, 2), kKeepAll);

  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_TRUE(replayed.value().was_adopted);
  EXPECT_EQ(ReadManifest(root() / "step-120").value().description.generation, 1);
}

TEST_F(CheckpointWriterTest, AnotherStateOfTheSameStepIsDataLoss) {
  const TinyState state(1);
  const TinyState other_state(2);
  ASSERT_TRUE(PublishCheckpoint(root(), state.ContentsAt(120, 1), kKeepAll).ok());

  const Result<PublishedCheckpoint> replayed =
      PublishCheckpoint(root(), other_state.ContentsAt(120, 2), kKeepAll);

  EXPECT_EQ(replayed.status().code(), Code::kDataLoss);
  EXPECT_THAT(replayed.status().message(), HasSubstr("one step must have one result"));
  EXPECT_EQ(ReadManifest(root() / "step-120").value().state_digest, state.StateDigest());
}

TEST_F(CheckpointWriterTest, ADamagedCheckpointIsReplaced) {
  const TinyState state(1);
  ASSERT_TRUE(PublishCheckpoint(root(), state.ContentsAt(120, 1), kKeepAll).ok());
  OverwriteFile(root() / "step-120" / kModelName, "damage");

  const Result<PublishedCheckpoint> replayed =
      PublishCheckpoint(root(), state.ContentsAt(120, 2), kKeepAll);

  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_FALSE(replayed.value().was_adopted);
  EXPECT_TRUE(VerifyCheckpoint(root() / "step-120").ok());
  EXPECT_THAT(Names(), ElementsAre("step-120"));
}

TEST_F(CheckpointWriterTest, CheckpointsThatAreOffTheRecordGo) {
  const TinyState state(1);
  for (const std::int64_t step : {10, 20, 30})
    ASSERT_TRUE(PublishCheckpoint(root(), state.ContentsAt(step), kKeepAll).ok());
  const std::vector<std::int64_t> kept = {10, 30};

  ASSERT_TRUE(PublishCheckpoint(root(), state.ContentsAt(40), kept).ok());

  EXPECT_THAT(Names(), ElementsAre("step-10", "step-30", "step-40"));
}

TEST_F(CheckpointWriterTest, LeftoversOfEarlierGenerationsGo) {
  const TinyState state(1);
  ASSERT_TRUE(MakeDirectories(root() / TemporaryName(120, 1) / "half").ok());
  ASSERT_TRUE(MakeDirectories(root() / DeletedName(90, 1)).ok());

  ASSERT_TRUE(PublishCheckpoint(root(), state.ContentsAt(120, 2), kKeepAll).ok());

  EXPECT_THAT(Names(), ElementsAre("step-120"));
}

TEST_F(CheckpointWriterTest, AWriteThatFailsLeavesNothing) {
  const TinyState state(1);
  const FileSizeLimit limit(64);

  const Result<PublishedCheckpoint> published =
      PublishCheckpoint(root(), state.ContentsAt(120), kKeepAll);

  EXPECT_EQ(published.status().code(), Code::kUnavailable);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(CheckpointWriterTest, AWriteThatFailsKeepsTheOldCheckpoint) {
  const TinyState state(1);
  ASSERT_TRUE(PublishCheckpoint(root(), state.ContentsAt(110), kKeepAll).ok());
  const std::vector<std::int64_t> kept = {110};
  const FileSizeLimit limit(64);

  ASSERT_FALSE(PublishCheckpoint(root(), state.ContentsAt(120), kept).ok());

  EXPECT_THAT(Names(), ElementsAre("step-110"));
  EXPECT_TRUE(VerifyCheckpoint(root() / "step-110").ok());
}

TEST_F(CheckpointWriterTest, AFileInPlaceOfTheDirectoryIsNamed) {
  const TinyState state(1);
  ASSERT_TRUE(WriteNewFile(root() / "file", "").ok());

  const Status status = PublishCheckpoint(root() / "file", state.ContentsAt(1), kKeepAll).status();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr((root() / "file").string()));
}

}  // namespace
}  // namespace descent
