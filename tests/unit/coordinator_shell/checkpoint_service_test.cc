#include "coordinator/checkpoint_service.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/hash.h"
#include "tests/unit/coordinator_shell/checkpoint_fixture.h"

namespace descent {
namespace {

TEST_F(CheckpointServiceTest, ACheckpointIsListedWithItsFiles) {
  ASSERT_EQ(list_.checkpoints_size(), 1);
  EXPECT_EQ(list_.checkpoints(0).name(), "jobs/mine/checkpoints/10");
  ASSERT_EQ(list_.checkpoints(0).files_size(), 4);
  EXPECT_EQ(list_.checkpoints(0).files(2), "model.safetensors");
}

TEST_F(CheckpointServiceTest, TheLatestCheckpointIsDownloadedWhole) {
  EXPECT_EQ(Download("jobs/mine/checkpoints/latest", "model.safetensors", 0), bytes_);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
}

TEST_F(CheckpointServiceTest, ADownloadGoesOnFromItsOffset) {
  EXPECT_EQ(Download("jobs/mine/checkpoints/10", "model.safetensors", 2 * limits::kChunkBytes),
            "end");
}

TEST_F(CheckpointServiceTest, AnOffsetBeyondTheEndIsRefused) {
  Download("jobs/mine/checkpoints/10", "model.safetensors", std::ssize(bytes_) + 1);

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(ReasonOf(status_), "OFFSET_INVALID");
}

TEST_F(CheckpointServiceTest, OnlyTheCheckpointsFilesCanBeDownloaded) {
  Download("jobs/mine/checkpoints/10", "../../../state.db", 0);

  EXPECT_EQ(ReasonOf(status_), "FILE_NOT_FOUND");
}

TEST_F(CheckpointServiceTest, AnotherStepIsNotFound) {
  Download("jobs/mine/checkpoints/11", "model.safetensors", 0);

  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_NOT_FOUND");
}

TEST_F(CheckpointServiceTest, TheLatestCheckpointSaysWhatItIs) {
  const v1::Checkpoint checkpoint = GetCheckpoint("jobs/mine/checkpoints/latest");

  EXPECT_EQ(checkpoint.name(), "jobs/mine/checkpoints/10");
  EXPECT_EQ(checkpoint.files_size(), 4);
  ASSERT_EQ(checkpoint.kept_because_size(), 1);
  EXPECT_EQ(checkpoint.kept_because(0), "latest");
}

TEST_F(CheckpointServiceTest, APinOutlivesTheCoordinator) {
  EXPECT_TRUE(SetPinned("jobs/mine/checkpoints/latest", true).pinned());

  Stop();
  Start();

  EXPECT_TRUE(GetCheckpoint("jobs/mine/checkpoints/10").pinned());
  EXPECT_FALSE(SetPinned("jobs/mine/checkpoints/10", false).pinned());
}

TEST_F(CheckpointServiceTest, WhatIsNotThereCannotBePinned) {
  SetPinned("jobs/mine/checkpoints/11", true);
  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_NOT_FOUND");

  SetPinned("jobs/nobody/checkpoints/11", true);
  EXPECT_EQ(ReasonOf(status_), "JOB_NOT_FOUND");
}

TEST_F(CheckpointServiceTest, WhatAJobGoesOnFromCannotBeDeleted) {
  const grpc::Status status = Delete("jobs/mine/checkpoints/10");

  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "CHECKPOINT_IN_USE");
  EXPECT_TRUE(std::filesystem::exists(checkpoint_ / kManifestName));
}

TEST_F(CheckpointServiceTest, WhatIsPinnedCannotBeDeleted) {
  SetPinned("jobs/mine/checkpoints/10", true);
  EndJob();

  EXPECT_EQ(ReasonOf(Delete("jobs/mine/checkpoints/10")), "CHECKPOINT_IN_USE");
}

TEST_F(CheckpointServiceTest, ADeletedCheckpointLeavesNothing) {
  EndJob();

  EXPECT_TRUE(Delete("jobs/mine/checkpoints/10").ok());

  GetCheckpoint("jobs/mine/checkpoints/10");
  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_NOT_FOUND");
  EXPECT_TRUE(std::filesystem::is_empty(checkpoint_.parent_path()));
  EXPECT_EQ(ReasonOf(Delete("jobs/mine/checkpoints/10")), "CHECKPOINT_NOT_FOUND");
}

// The record goes before the files.
TEST_F(CheckpointServiceTest, ADeletionThatWasInterruptedIsFinishedWhenItIsRepeated) {
  EXPECT_TRUE(MakeDirectories(checkpoint_.parent_path() / "step-5").ok());

  EXPECT_TRUE(Delete("jobs/mine/checkpoints/5").ok());

  EXPECT_FALSE(std::filesystem::exists(checkpoint_.parent_path() / "step-5"));
}

TEST_F(CheckpointServiceTest, WhatAWorkerIsAboutToReportCannotBeDeleted) {
  EXPECT_TRUE(MakeDirectories(checkpoint_.parent_path() / "step-15").ok());

  EXPECT_EQ(ReasonOf(Delete("jobs/mine/checkpoints/15")), "CHECKPOINT_NOT_FOUND");

  EXPECT_TRUE(std::filesystem::exists(checkpoint_.parent_path() / "step-15"));
}

TEST_F(CheckpointServiceTest, AnAliasIsNoNameToDeleteBy) {
  EXPECT_EQ(ReasonOf(Delete("jobs/mine/checkpoints/latest")), "NAME_INVALID");
}

TEST_F(CheckpointServiceTest, AllBytesOfAWholeCheckpointAreVerified) {
  const v1::VerifyCheckpointResponse verified = Verify("jobs/mine/checkpoints/latest");

  EXPECT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(verified.checkpoint().name(), "jobs/mine/checkpoints/10");
  EXPECT_EQ(verified.bytes(), std::ssize(bytes_) + 2 * std::ssize(small_bytes_));
}

TEST_F(CheckpointServiceTest, AByteThatHasChangedIsDataLossThatNamesTheFile) {
  std::fstream file(checkpoint_ / kModelName, std::ios::in | std::ios::out);
  file.seekp(100);
  file.put('y');
  file.close();

  Verify("jobs/mine/checkpoints/10");

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_CORRUPT");
  EXPECT_NE(status_.error_message().find("model.safetensors"), std::string::npos);
}

TEST_F(CheckpointServiceTest, AFileThatIsMissingIsNamed) {
  std::filesystem::remove(checkpoint_ / kOptimizerName);

  Verify("jobs/mine/checkpoints/10");

  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_CORRUPT");
  EXPECT_NE(status_.error_message().find("optimizer.safetensors is missing"), std::string::npos);
}

TEST_F(CheckpointServiceTest, AManifestOfALaterProgramIsNoDamage) {
  std::ifstream file(checkpoint_ / kManifestName);
  auto json = nlohmann::ordered_json::parse(file);
  json.erase("manifest_digest");
  json["format"] = 99;
  const std::string body = json.dump();
  json["manifest_digest"] = Hash(std::as_bytes(std::span(body))).ToHex();
  std::filesystem::remove(checkpoint_ / kManifestName);
  ASSERT_TRUE(WriteNewFile(checkpoint_ / kManifestName, json.dump(2)).ok());

  Verify("jobs/mine/checkpoints/10");

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_FORMAT_UNKNOWN");
}

TEST_F(CheckpointServiceTest, TheFilesOfAnotherStateAreDamage) {
  std::filesystem::remove(checkpoint_ / kManifestName);
  Manifest other{.description = {.job = "mine", .step = 10}, .state_digest = {}, .files = {}};
  for (const std::string_view name : {kModelName, kOptimizerName, kModelDescriptionName})
    other.files.push_back(DigestBytes(std::string(name), {}));
  ASSERT_TRUE(WriteNewFile(checkpoint_ / kManifestName, EncodeManifest(other)).ok());

  Verify("jobs/mine/checkpoints/10");

  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_CORRUPT");
  EXPECT_NE(status_.error_message().find("manifest.json"), std::string::npos);
}

}  // namespace
}  // namespace descent
