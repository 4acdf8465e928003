#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <thread>

#include "checkpoint/manifest.h"
#include "common/file.h"
#include "common/limits.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {

// A job with a checkpoint on disk.
class CheckpointServiceTest : public GrpcServersTest {
 protected:
  CheckpointServiceTest() {
    CreateJob("mine");
    WriteFiles();
    generation_ = worker_.TakeJob().generation;
    EXPECT_TRUE(worker_.Say(CheckpointWritten{.job = "mine",
                                              .generation = generation_,
                                              .step = 10,
                                              .directory = checkpoint_.string(),
                                              .state_digest = state_digest_,
                                              .bytes = std::ssize(bytes_)}));
    v1::ListCheckpointsRequest request;
    request.set_job("jobs/mine");
    for (int i = 0; i < 200 && list_.checkpoints_size() == 0; ++i) {
      EXPECT_TRUE(checkpoints_->ListCheckpoints(Call()(), request, &list_).ok());
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  // Files as a worker would write them, and a manifest that is true of them.
  void WriteFiles() {
    EXPECT_TRUE(MakeDirectories(checkpoint_).ok());
    Manifest manifest{
        .description = {.job = "mine", .step = 10}, .state_digest = state_digest_, .files = {}};
    for (const std::string_view name : {kModelName, kOptimizerName, kModelDescriptionName}) {
      const std::string& text = name == kModelName ? bytes_ : small_bytes_;
      EXPECT_TRUE(WriteNewFile(checkpoint_ / name, text).ok());
      manifest.files.push_back(DigestBytes(std::string(name), std::as_bytes(std::span(text))));
    }
    EXPECT_TRUE(WriteNewFile(checkpoint_ / kManifestName, EncodeManifest(manifest)).ok());
  }
  void EndJob() {
    v1::Job job;
    EXPECT_TRUE(Cancel("jobs/mine", &job).ok());
    EXPECT_TRUE(worker_.Say(AssignmentEnded{
        .job = "mine", .generation = generation_, .outcome = EndOutcome::kStopped}));
    for (int i = 0; i < 200 && job.state() != v1::JOB_STATE_CANCELLED; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      EXPECT_TRUE(Get("jobs/mine", &job).ok());
    }
  }
  v1::Checkpoint GetCheckpoint(const std::string& name) {
    v1::GetCheckpointRequest request;
    request.set_name(name);
    v1::Checkpoint checkpoint;
    status_ = checkpoints_->GetCheckpoint(Call()(), request, &checkpoint);
    return checkpoint;
  }
  v1::Checkpoint SetPinned(const std::string& name, bool is_pinned) {
    v1::UpdateCheckpointRequest request;
    request.set_name(name);
    request.set_pinned(is_pinned);
    v1::Checkpoint checkpoint;
    status_ = checkpoints_->UpdateCheckpoint(Call()(), request, &checkpoint);
    return checkpoint;
  }
  grpc::Status Delete(const std::string& name) {
    v1::DeleteCheckpointRequest request;
    request.set_name(name);
    v1::DeleteCheckpointResponse response;
    return checkpoints_->DeleteCheckpoint(Call()(), request, &response);
  }
  v1::VerifyCheckpointResponse Verify(const std::string& name) {
    v1::VerifyCheckpointRequest request;
    request.set_name(name);
    v1::VerifyCheckpointResponse response;
    status_ = checkpoints_->VerifyCheckpoint(Call()(), request, &response);
    return response;
  }
  // What is downloaded; `status` says how it ended.
  std::string Download(const std::string& name, const std::string& file, std::int64_t offset) {
    Call call;
    v1::DownloadCheckpointRequest request;
    request.set_name(name);
    request.set_file(file);
    request.set_offset(offset);
    const auto chunks = checkpoints_->DownloadCheckpoint(call(), request);
    v1::DownloadCheckpointResponse chunk;
    std::string downloaded;
    while (chunks->Read(&chunk)) {
      EXPECT_LE(chunk.data().size(), limits::kChunkBytes);
      downloaded += chunk.data();
    }
    status_ = chunks->Finish();
    return downloaded;
  }

  const std::string bytes_ = std::string(2 * limits::kChunkBytes, 'x') + "end";
  const std::string small_bytes_ = "a few bytes";
  const Digest state_digest_ = {.high = 1, .low = 2};
  std::int64_t generation_ = 0;
  const std::filesystem::path checkpoint_ = directory_.path() / "checkpoints" / "mine" / "step-10";
  FakeWorker worker_{*workers_};
  v1::ListCheckpointsResponse list_;
  grpc::Status status_;
};

}  // namespace descent
