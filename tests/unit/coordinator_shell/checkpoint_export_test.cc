#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/coordinator_shell/checkpoint_fixture.h"

namespace descent {
namespace {

constexpr char kCheckpoint[] = "jobs/mine/checkpoints/latest";
// Where the worker program is told to write.
constexpr char kFindOutput[] =
    "for argument; do case $argument in --export-output=*) output=${argument#*=};; esac; done\n";

google::rpc::RetryInfo RetryInfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::RetryInfo retry;
  if (grpc::ExtractErrorDetails(status, &details).ok())
    for (const auto& detail : details.details()) detail.UnpackTo(&retry);
  return retry;
}

// With a shell script in the place of the worker program.
class CheckpointExportTest : public CheckpointServiceTest {
 protected:
  using Reader = grpc::ClientReader<v1::ExportCheckpointResponse>;

  void InstallWorker(const std::string& script) {
    std::filesystem::remove(worker_program_);
    std::string text = "#!/bin/sh\n";
    text += kFindOutput;
    text += script;
    text += "\n";
    ASSERT_TRUE(WriteNewFile(worker_program_, text).ok());
    std::filesystem::permissions(worker_program_, std::filesystem::perms::owner_all);
  }
  // One that tells its process number and then writes for ever.
  void InstallSlowWorker() {
    std::string script = "echo $$ > ";
    script += pid_file_.string();
    script += ".new; mv ";
    script += pid_file_.string() + ".new " + pid_file_.string();
    script += "; exec sleep 1000";
    InstallWorker(script);
  }
  pid_t WaitForSlowWorker() {
    for (int i = 0; i < 2000 && !std::filesystem::exists(pid_file_); ++i) Pause();
    const Result<std::string> text = ReadFile(pid_file_);
    EXPECT_TRUE(text.ok()) << text.status();
    std::filesystem::remove(pid_file_);
    return text.ok() ? std::stoi(text.value()) : 0;
  }
  static void Pause() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }
  static bool WaitUntil(const std::function<bool()>& is_so) {
    for (int i = 0; i < 2000 && !is_so(); ++i) Pause();
    return is_so();
  }

  std::unique_ptr<Reader> Begin(Call& call, v1::CheckpointFormat format) {
    v1::ExportCheckpointRequest request;
    request.set_name(kCheckpoint);
    request.set_format(format);
    return checkpoints_->ExportCheckpoint(call(), request);
  }
  // The files by name; `status_` says how it ended.
  std::map<std::string, std::string> Export(v1::CheckpointFormat format) {
    Call call;
    const std::unique_ptr<Reader> reader = Begin(call, format);
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> digests;
    v1::ExportCheckpointResponse chunk;
    while (reader->Read(&chunk)) {
      std::string& file = files[chunk.file()];
      EXPECT_EQ(chunk.offset(), std::ssize(file));
      EXPECT_LE(chunk.data().size(), limits::kChunkBytes);
      file += chunk.data();
      EXPECT_EQ(chunk.digest().empty(), std::ssize(file) != chunk.total_bytes());
      digests[chunk.file()] = chunk.digest();
    }
    status_ = reader->Finish();
    for (const auto& [name, file] : files)
      EXPECT_EQ(digests[name], DigestBytes(name, std::as_bytes(std::span(file))).digest.ToHex());
    return files;
  }
  bool HasNoExports() const {
    std::error_code error;
    return !std::filesystem::exists(exports_, error) || std::filesystem::is_empty(exports_, error);
  }

  const std::filesystem::path exports_ = directory_.path() / "exports";
  const std::filesystem::path pid_file_ = directory_.path() / "pid";
};

TEST_F(CheckpointExportTest, SafetensorsAreTheCheckpointsFileAndNeedNoWorkerProgram) {
  const auto files = Export(v1::CHECKPOINT_FORMAT_SAFETENSORS);

  EXPECT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(files, (std::map<std::string, std::string>{{"model.safetensors", bytes_}}));
}

TEST_F(CheckpointExportTest, WhatTheWorkerWritesIsSentAndThenRemoved) {
  InstallWorker(
      "mkdir $output; printf two > $output/b; head -c 3000000 /dev/zero > $output/a; "
      ": > $output/empty");

  const auto files = Export(v1::CHECKPOINT_FORMAT_HUGGINGFACE);

  EXPECT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(files, (std::map<std::string, std::string>{
                       {"a", std::string(3'000'000, '\0')}, {"b", "two"}, {"empty", ""}}));
  EXPECT_TRUE(WaitUntil([this] { return HasNoExports(); }));
}

TEST_F(CheckpointExportTest, TheWorkerIsToldWhatToWriteAndOfWhat) {
  InstallWorker("printf '%s ' $1 $2 > $output");

  const auto files = Export(v1::CHECKPOINT_FORMAT_ONNX);

  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(files.at("model.onnx"), "--export=" + checkpoint_.string() + " --export-format=onnx ");
}

TEST_F(CheckpointExportTest, AFormatMustBeNamed) {
  Export(v1::CHECKPOINT_FORMAT_UNSPECIFIED);

  EXPECT_EQ(ReasonOf(status_), "FORMAT_INVALID");
}

TEST_F(CheckpointExportTest, AWorkerProgramThatIsMissingIsNamed) {
  Export(v1::CHECKPOINT_FORMAT_ONNX);

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(ReasonOf(status_), "FEATURE_DISABLED");
  EXPECT_NE(status_.error_message().find(worker_program_.string()), std::string::npos)
      << status_.error_message();
}

TEST_F(CheckpointExportTest, WhatTheWorkerRefusesIsToldInItsWords) {
  InstallWorker("echo 'error: the model is no gpt' >&2; exit 2");

  Export(v1::CHECKPOINT_FORMAT_HUGGINGFACE);

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status_), "MODEL_NOT_EXPORTABLE");
  EXPECT_EQ(status_.error_message(), "the model is no gpt");
  EXPECT_TRUE(WaitUntil([this] { return HasNoExports(); }));
}

TEST_F(CheckpointExportTest, AWorkerThatIsKilledIsNamedWithItsSignal) {
  InstallWorker("kill -9 $$");

  Export(v1::CHECKPOINT_FORMAT_ONNX);

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_NE(status_.error_message().find("signal 9"), std::string::npos) << status_.error_message();
}

TEST_F(CheckpointExportTest, ACallThatIsCancelledLeavesNeitherProcessNorDirectory) {
  InstallSlowWorker();
  Call call;
  const std::unique_ptr<Reader> reader = Begin(call, v1::CHECKPOINT_FORMAT_ONNX);
  const pid_t worker = WaitForSlowWorker();

  call()->TryCancel();

  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(WaitUntil([&] { return kill(worker, 0) != 0; }));
  EXPECT_TRUE(WaitUntil([this] { return HasNoExports(); }));
}

TEST_F(CheckpointExportTest, ACoordinatorThatStopsEndsItsExports) {
  InstallSlowWorker();
  Call call;
  const std::unique_ptr<Reader> reader = Begin(call, v1::CHECKPOINT_FORMAT_ONNX);
  const pid_t worker = WaitForSlowWorker();

  Stop();

  EXPECT_NE(kill(worker, 0), 0);
  EXPECT_TRUE(HasNoExports());
  reader->Finish();
  Start();
}

TEST_F(CheckpointExportTest, WhatACrashHasLeftIsRemovedAtTheNextStart) {
  Stop();
  ASSERT_TRUE(MakeDirectories(exports_ / "1" / "files").ok());

  Start();

  EXPECT_TRUE(HasNoExports());
}

TEST_F(CheckpointExportTest, AThirdExportIsToldWhenToComeBack) {
  InstallSlowWorker();
  Call first;
  Call second;
  const std::unique_ptr<Reader> readers[] = {Begin(first, v1::CHECKPOINT_FORMAT_ONNX),
                                             Begin(second, v1::CHECKPOINT_FORMAT_ONNX)};
  WaitForSlowWorker();
  ASSERT_TRUE(WaitUntil([this] {
    const Result<std::vector<std::string>> names = ListDirectory(exports_);
    return names.ok() && names.value().size() == 2;
  }));

  Export(v1::CHECKPOINT_FORMAT_ONNX);

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status_), "TOO_MANY_EXPORTS");
  EXPECT_GT(RetryInfoOf(status_).retry_delay().seconds(), 0);
  first()->TryCancel();
  second()->TryCancel();
  for (const std::unique_ptr<Reader>& reader : readers) reader->Finish();
  EXPECT_TRUE(WaitUntil([this] { return HasNoExports(); }));
  InstallWorker("printf model > $output");
  Export(v1::CHECKPOINT_FORMAT_ONNX);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
}

TEST_F(CheckpointExportTest, WhoDoesNotReadKeepsNobodyFromExporting) {
  InstallWorker("head -c 20000000 /dev/zero > $output");
  Call first;
  Call second;
  const std::unique_ptr<Reader> readers[] = {Begin(first, v1::CHECKPOINT_FORMAT_ONNX),
                                             Begin(second, v1::CHECKPOINT_FORMAT_ONNX)};

  EXPECT_TRUE(WaitUntil([this] {
    Export(v1::CHECKPOINT_FORMAT_ONNX);
    return status_.ok();
  })) << status_.error_message();

  first()->TryCancel();
  second()->TryCancel();
  for (const std::unique_ptr<Reader>& reader : readers) reader->Finish();
  EXPECT_TRUE(WaitUntil([this] { return HasNoExports(); }));
}

TEST_F(CheckpointExportTest, WhatIsBeingExportedStays) {
  EndJob();
  InstallSlowWorker();
  Call call;
  const std::unique_ptr<Reader> reader = Begin(call, v1::CHECKPOINT_FORMAT_ONNX);
  WaitForSlowWorker();

  const grpc::Status refused = Delete("jobs/mine/checkpoints/10");
  v1::DeleteJobRequest request;
  request.set_name("jobs/mine");
  v1::DeleteJobResponse response;
  const grpc::Status refused_job = jobs_->DeleteJob(Call()(), request, &response);

  EXPECT_EQ(ReasonOf(refused), "CHECKPOINT_IN_USE");
  EXPECT_NE(refused.error_message().find("it is being exported"), std::string::npos);
  EXPECT_EQ(ReasonOf(refused_job), "CHECKPOINT_IN_USE");
  call()->TryCancel();
  reader->Finish();
  bool is_deleted = false;
  EXPECT_TRUE(WaitUntil([&] {
    is_deleted = is_deleted || Delete("jobs/mine/checkpoints/10").ok();
    return is_deleted;
  }));
}

}  // namespace
}  // namespace descent
