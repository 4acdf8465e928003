#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "checkpoint/file_digest.h"
#include "checkpoint/manifest.h"
#include "coordinator/blocking_stream.h"
#include "coordinator/checkpoint_files.h"
#include "coordinator/checkpoint_hold.h"
#include "coordinator/checkpoint_lookup.h"
#include "coordinator/checkpoint_streams.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kExportLookInterval{20};
// With what a caller takes to read; what is written for one that does not would stay for ever.
constexpr std::chrono::hours kCallTimeMax{1};
constexpr std::chrono::seconds kSendTimeMax{60};  // of one chunk

// As `descent-worker --export-format` has it; null: there is no such format.
const char* NameOf(v1::CheckpointFormat format) {
  switch (format) {
    case v1::CHECKPOINT_FORMAT_SAFETENSORS:
      return "safetensors";
    case v1::CHECKPOINT_FORMAT_HUGGINGFACE:
      return "huggingface";
    case v1::CHECKPOINT_FORMAT_ONNX:
      return "onnx";
    default:
      return nullptr;
  }
}

// First the model is written, unless it is there as it is wanted; then its files are sent.
class ExportCheckpointCall final : public BlockingStream<v1::ExportCheckpointResponse> {
 public:
  ExportCheckpointCall(Runtime& runtime, ModelExporter& exporter, boost::asio::thread_pool& threads,
                       const v1::ExportCheckpointRequest& request)
      : BlockingStream(threads),
        runtime_(runtime),
        exporter_(exporter),
        cleaning_threads_(threads),
        request_(request) {}
  ~ExportCheckpointCall() override {
    // On a thread of gRPC: what blocks is done elsewhere.
    if (!model_) return;
    boost::asio::post(cleaning_threads_,
                      [model = std::shared_ptr(std::move(model_))]() mutable { model.reset(); });
  }

 private:
  void Begin() override {
    EndAfter(kCallTimeMax);
    end_time_ = std::chrono::steady_clock::now() + kCallTimeMax;
    const char* const format = NameOf(request_.format());
    if (format == nullptr)
      return Finish(ToGrpcStatus(RequestError{
          Status(Code::kInvalidArgument, "format must be SAFETENSORS, HUGGINGFACE or ONNX"),
          "FORMAT_INVALID",
          {},
          {}}));
    auto found = LookUpCheckpoint(
        request_.name(), [this](const std::string& job_id) { return runtime_.FindJob(job_id); });
    if (const auto* error = std::get_if<RequestError>(&found)) return Finish(ToGrpcStatus(*error));
    const auto& [job, checkpoint] = std::get<FoundCheckpoint>(found);
    name_ = CheckpointNameOf(job.id, checkpoint.step);
    directory_ = checkpoint.directory;
    if (request_.format() != v1::CHECKPOINT_FORMAT_SAFETENSORS)
      return BeginToWrite(job.id, checkpoint, format);
    files_.emplace_back(kModelName);
    SendChunk();
  }

  void GoOn() override {
    if (hold_) return WaitForModel();
    SendChunk();
  }

  void BeginToWrite(const std::string& job_id, const CheckpointRecord& checkpoint,
                    const std::string& format) {
    Result<CheckpointHold> hold = CheckpointHold::Take(runtime_, job_id, checkpoint.step);
    if (!hold.ok()) return Refuse(CheckpointError(hold.status(), "CHECKPOINT_NOT_FOUND", name_));
    hold_.emplace(std::move(hold).value());
    auto begun = exporter_.Start(checkpoint.directory, format);
    if (const auto* error = std::get_if<RequestError>(&begun)) return Refuse(*error);
    model_ = std::get<std::unique_ptr<ModelExport>>(std::move(begun));
    GoOnAfter(kExportLookInterval);
  }

  void WaitForModel() {
    if (!model_->HasEnded()) return GoOnAfter(kExportLookInterval);
    hold_.reset();
    if (const std::optional<RequestError> error = model_->Error()) return Refuse(*error);
    directory_ = model_->files();
    const Result<std::vector<std::string>> names = ListCheckpointFiles(directory_);
    if (!names.ok()) return Finish(ToGrpcStatus(names.status()));
    files_.assign(names.value().begin(), names.value().end());
    SendChunk();
  }

  // The next of the file that is being sent, or the first of the next file.
  void SendChunk() {
    if (!file_) {
      if (files_.empty()) return Finish(grpc::Status::OK);
      if (const Status opened = OpenFile(); !opened.ok())
        return Refuse(CheckpointError(opened, "FILE_NOT_FOUND", name_));
    }
    Result<std::string> data = file_->ReadChunk(offset_);
    if (!data.ok()) return Finish(ToGrpcStatus(data.status()));
    hasher_->Add(std::as_bytes(std::span(data.value())));
    chunk_.set_offset(offset_);
    offset_ += std::ssize(data.value());
    chunk_.set_data(std::move(data).value());
    chunk_.clear_digest();
    if (offset_ == file_->size()) CloseFile();
    const auto time_left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end_time_ - std::chrono::steady_clock::now());
    EndAfter(std::min<std::chrono::milliseconds>(kSendTimeMax, time_left));
    Send(chunk_);
  }

  Status OpenFile() {
    DESCENT_ASSIGN(CheckpointFile file, CheckpointFile::Open(directory_, files_.front()));
    chunk_.set_file(files_.front());
    chunk_.set_total_bytes(file.size());
    files_.pop_front();
    file_.emplace(std::move(file));
    hasher_.emplace();
    offset_ = 0;
    return Status();
  }

  void CloseFile() {
    chunk_.set_digest(hasher_->Finish(chunk_.file()).digest.ToHex());
    file_.reset();
  }

  void Refuse(RequestError error) {
    error.metadata["checkpoint"] = name_;
    error.resource = {.type = "Checkpoint", .name = name_};
    Finish(ToGrpcStatus(error));
  }

  Runtime& runtime_;
  ModelExporter& exporter_;
  boost::asio::thread_pool& cleaning_threads_;
  const v1::ExportCheckpointRequest request_;
  std::chrono::steady_clock::time_point end_time_;
  std::string name_;
  std::optional<CheckpointHold> hold_;  // while the checkpoint is read by the child
  std::unique_ptr<ModelExport> model_;  // of a format that is written first
  std::filesystem::path directory_;     // of the files
  std::deque<std::string> files_;       // to be sent
  std::optional<CheckpointFile> file_;  // being sent
  std::optional<FileHasher> hasher_;    // of what is sent of it
  std::int64_t offset_ = 0;             // how much that is
  v1::ExportCheckpointResponse chunk_;  // owned by the write in progress
};

}  // namespace

grpc::ServerWriteReactor<v1::ExportCheckpointResponse>* StartCheckpointExport(
    Runtime& runtime, ModelExporter& exporter, StreamSet& streams,
    boost::asio::thread_pool& threads, const grpc::CallbackServerContext& context,
    const v1::ExportCheckpointRequest& request) {
  return LaunchStream<ExportCheckpointCall>(streams, context, runtime, exporter, threads, request);
}

}  // namespace descent
