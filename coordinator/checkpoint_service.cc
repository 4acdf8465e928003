#include "coordinator/checkpoint_service.h"

#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "coordinator/blocking_stream.h"
#include "coordinator/checkpoint_files.h"
#include "coordinator/job_view.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

grpc::Status Refuse(const Status& status, const char* reason_if_not_found) {
  RequestError error = ToRequestError(status);
  if (status.code() == Code::kNotFound) error.reason = reason_if_not_found;
  if (status.code() == Code::kInvalidArgument) error.reason = "NAME_INVALID";
  return ToGrpcStatus(error);
}

// One DownloadCheckpoint call.
class Download final : public BlockingStream<v1::DownloadCheckpointResponse> {
 public:
  Download(Runtime& runtime, boost::asio::thread_pool& threads,
           const v1::DownloadCheckpointRequest& request)
      : BlockingStream(threads), runtime_(runtime), request_(request), offset_(request.offset()) {}

 private:
  void Begin() override {
    const Result<CheckpointName> name = ParseCheckpointName(request_.name());
    if (!name.ok()) return Finish(Refuse(name.status(), "CHECKPOINT_NOT_FOUND"));
    const Result<Job> job = runtime_.FindJob(name.value().job_id);
    if (!job.ok()) return Finish(Refuse(job.status(), "JOB_NOT_FOUND"));
    const Result<CheckpointRecord> checkpoint = FindCheckpoint(job.value(), name.value());
    if (!checkpoint.ok()) return Finish(Refuse(checkpoint.status(), "CHECKPOINT_NOT_FOUND"));
    Result<CheckpointFile> file =
        CheckpointFile::Open(checkpoint.value().directory, request_.file());
    if (!file.ok()) return Finish(Refuse(file.status(), "FILE_NOT_FOUND"));
    file_.emplace(std::move(file).value());
    if (offset_ < 0 || offset_ > file_->size())
      return Finish(grpc::Status(grpc::StatusCode::OUT_OF_RANGE,
                                 "offset is " + std::to_string(offset_) + ", the file has " +
                                     std::to_string(file_->size()) + " bytes"));
    chunk_.set_total_bytes(file_->size());
    GoOn();
  }

  void GoOn() override {
    // An empty file is answered with one empty chunk, which tells its size.
    if (offset_ == file_->size() && has_sent_) return Finish(grpc::Status::OK);
    Result<std::string> data = file_->ReadChunk(offset_);
    if (!data.ok()) return Finish(ToGrpcStatus(data.status()));
    offset_ += static_cast<std::int64_t>(data.value().size());
    chunk_.set_data(std::move(data).value());
    has_sent_ = true;
    StartWrite(&chunk_);
  }

  Runtime& runtime_;
  const v1::DownloadCheckpointRequest request_;
  std::int64_t offset_;
  bool has_sent_ = false;
  std::optional<CheckpointFile> file_;
  v1::DownloadCheckpointResponse chunk_;  // owned by the write in progress
};

}  // namespace

Result<v1::ListCheckpointsResponse> ListCheckpoints(const Job& job) {
  v1::ListCheckpointsResponse response;
  for (const CheckpointRecord& checkpoint : job.checkpoints) {
    v1::Checkpoint& encoded = *response.add_checkpoints();
    encoded = ToProto(job, checkpoint);
    DESCENT_ASSIGN(const std::vector<std::string> files, ListCheckpointFiles(checkpoint.directory));
    encoded.mutable_files()->Add(files.begin(), files.end());
  }
  return response;
}

grpc::ServerUnaryReactor* CheckpointService::ListCheckpoints(
    grpc::CallbackServerContext* context, const v1::ListCheckpointsRequest* request,
    v1::ListCheckpointsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(blocking_threads_, [this, request, response, reactor] {
    reactor->Finish(List(*request, response));
  });
  return reactor;
}

grpc::Status CheckpointService::List(const v1::ListCheckpointsRequest& request,
                                     v1::ListCheckpointsResponse* response) {
  const Result<std::string> job_id = ParseJobName(request.job());
  if (!job_id.ok()) return Refuse(job_id.status(), "JOB_NOT_FOUND");
  const Result<Job> job = runtime_.FindJob(job_id.value());
  if (!job.ok()) return Refuse(job.status(), "JOB_NOT_FOUND");
  Result<v1::ListCheckpointsResponse> checkpoints = descent::ListCheckpoints(job.value());
  if (!checkpoints.ok()) return ToGrpcStatus(checkpoints.status());
  *response = std::move(checkpoints).value();
  return grpc::Status::OK;
}

grpc::ServerWriteReactor<v1::DownloadCheckpointResponse>* CheckpointService::DownloadCheckpoint(
    grpc::CallbackServerContext*, const v1::DownloadCheckpointRequest* request) {
  return LaunchStream<Download>(runtime_, blocking_threads_, *request);
}

}  // namespace descent
