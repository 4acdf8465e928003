#include "coordinator/checkpoint_service.h"

#include "common/file.h"
#include "common/limits.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

// A job with a checkpoint on disk.
class CheckpointServiceTest : public GrpcServersTest {
 protected:
  CheckpointServiceTest() {
    CreateJob("mine");
    EXPECT_TRUE(MakeDirectories(checkpoint_).ok());
    EXPECT_TRUE(WriteNewFile(checkpoint_ / "model.safetensors", bytes_).ok());
    const Assign assign = worker_.TakeJob();
    EXPECT_TRUE(worker_.Say(CheckpointWritten{.job = "mine",
                                              .generation = assign.generation,
                                              .step = 10,
                                              .directory = checkpoint_.string(),
                                              .bytes = std::ssize(bytes_)}));
    v1::ListCheckpointsRequest request;
    request.set_job("jobs/mine");
    for (int i = 0; i < 200 && list_.checkpoints_size() == 0; ++i) {
      EXPECT_TRUE(checkpoints_->ListCheckpoints(Call()(), request, &list_).ok());
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
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
  const std::filesystem::path checkpoint_ = directory_.path() / "checkpoints" / "mine" / "step-10";
  FakeWorker worker_{*workers_};
  v1::ListCheckpointsResponse list_;
  grpc::Status status_;
};

TEST_F(CheckpointServiceTest, ACheckpointIsListedWithItsFiles) {
  ASSERT_EQ(list_.checkpoints_size(), 1);
  EXPECT_EQ(list_.checkpoints(0).name(), "jobs/mine/checkpoints/10");
  ASSERT_EQ(list_.checkpoints(0).files_size(), 1);
  EXPECT_EQ(list_.checkpoints(0).files(0), "model.safetensors");
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
}

TEST_F(CheckpointServiceTest, OnlyTheCheckpointsFilesCanBeDownloaded) {
  Download("jobs/mine/checkpoints/10", "../../../state.db", 0);

  EXPECT_EQ(ReasonOf(status_), "FILE_NOT_FOUND");
}

TEST_F(CheckpointServiceTest, AnotherStepIsNotFound) {
  Download("jobs/mine/checkpoints/11", "model.safetensors", 0);

  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_NOT_FOUND");
}

}  // namespace
}  // namespace descent
