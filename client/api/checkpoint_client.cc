#include "client/api/checkpoint_client.h"

#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "checkpoint/file_digest.h"
#include "client/api/channel.h"
#include "client/api/convert.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {
namespace {

v1::CheckpointFormat FormatNamed(const std::string& name) {
  if (name == "safetensors") return v1::CHECKPOINT_FORMAT_SAFETENSORS;
  if (name == "huggingface") return v1::CHECKPOINT_FORMAT_HUGGINGFACE;
  if (name == "onnx") return v1::CHECKPOINT_FORMAT_ONNX;
  return v1::CHECKPOINT_FORMAT_UNSPECIFIED;
}

// One that cannot lead out of the directory that it is put into.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         std::filesystem::path(name).filename() == name;
}

// The files of an export as they come, compared with what the stream says of them.
class IncomingFiles {
 public:
  // What is wrong with the next chunk; empty: nothing.
  std::string Add(const v1::ExportCheckpointResponse& chunk) {
    if (!hasher_) Begin(chunk);
    if (!IsPlainName(chunk.file())) return "a file of the model has no plain name";
    if (chunk.file() != file_ || chunk.offset() != received_)
      return "the files of the model do not come in order";
    hasher_->Add(std::as_bytes(std::span(chunk.data())));
    received_ += static_cast<std::int64_t>(chunk.data().size());
    all_ += static_cast<std::int64_t>(chunk.data().size());
    if (chunk.digest().empty()) return "";
    const bool is_whole = received_ == total_ && End() == chunk.digest();
    return is_whole ? "" : file_ + " is not what the coordinator has sent";
  }

  // What is missing at the end of the stream; empty: nothing.
  std::string Missing() const {
    if (!hasher_) return "";
    return file_ + " ended after " + std::to_string(received_) + " bytes, has " +
           std::to_string(total_);
  }

  std::int64_t all() const { return all_; }

 private:
  void Begin(const v1::ExportCheckpointResponse& chunk) {
    hasher_.emplace();
    file_ = chunk.file();
    total_ = chunk.total_bytes();
    received_ = 0;
  }
  std::string End() {
    const std::string digest = hasher_->Finish(file_).digest.ToHex();
    hasher_.reset();
    return digest;
  }

  std::optional<FileHasher> hasher_;  // of the file that is coming
  std::string file_;
  std::int64_t total_ = 0;
  std::int64_t received_ = 0;
  std::int64_t all_ = 0;
};

}  // namespace

struct CheckpointClient::Stub {
  explicit Stub(const Endpoint& endpoint) : channel(endpoint), checkpoints(channel.grpc()) {}

  // `method` of the service, of which `response` is the answer.
  template <typename Method, typename Request, typename Response>
  grpc::Status Call(Method method, const Request& request, Response& response) {
    return channel.CallWithRetry([&](grpc::ClientContext* context) {
      return (checkpoints.*method)(context, request, &response);
    });
  }

  const Channel channel;
  v1::CheckpointService::Stub checkpoints;
};

CheckpointClient::CheckpointClient(const Endpoint& endpoint)
    : address_(endpoint.address), stub_(std::make_unique<Stub>(endpoint)) {}

CheckpointClient::~CheckpointClient() = default;

Reply<CheckpointView> CheckpointClient::Get(const std::string& name) {
  v1::GetCheckpointRequest request;
  request.set_name(name);
  v1::Checkpoint checkpoint;
  const grpc::Status status =
      stub_->Call(&v1::CheckpointService::Stub::GetCheckpoint, request, checkpoint);
  if (!status.ok()) return ToApiError(status, address_);
  return ToView(checkpoint);
}

Reply<CheckpointView> CheckpointClient::SetPinned(const std::string& name, bool is_pinned) {
  v1::UpdateCheckpointRequest request;
  request.set_name(name);
  request.set_pinned(is_pinned);
  v1::Checkpoint checkpoint;
  const grpc::Status status =
      stub_->Call(&v1::CheckpointService::Stub::UpdateCheckpoint, request, checkpoint);
  if (!status.ok()) return ToApiError(status, address_);
  return ToView(checkpoint);
}

Reply<CheckpointView> CheckpointClient::Pin(const std::string& name) {
  return SetPinned(name, /*is_pinned=*/true);
}

Reply<CheckpointView> CheckpointClient::Unpin(const std::string& name) {
  return SetPinned(name, /*is_pinned=*/false);
}

std::optional<ApiError> CheckpointClient::Delete(const std::string& name) {
  v1::DeleteCheckpointRequest request;
  request.set_name(name);
  v1::DeleteCheckpointResponse response;
  const grpc::Status status =
      stub_->Call(&v1::CheckpointService::Stub::DeleteCheckpoint, request, response);
  if (status.ok()) return std::nullopt;
  return ToApiError(status, address_);
}

Reply<VerifiedCheckpoint> CheckpointClient::Verify(const std::string& name) {
  v1::VerifyCheckpointRequest request;
  request.set_name(name);
  v1::VerifyCheckpointResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub_->checkpoints.VerifyCheckpoint(&context, request, &response);
  if (!status.ok()) return ToApiError(status, address_);
  return VerifiedCheckpoint{.checkpoint = ToView(response.checkpoint()),
                            .bytes = response.bytes(),
                            .json = ToJson(response)};
}

Reply<std::int64_t> CheckpointClient::Export(
    const std::string& name, const std::string& format,
    const std::function<bool(const std::string& file, std::string_view chunk)>& take) {
  v1::ExportCheckpointRequest request;
  request.set_name(name);
  request.set_format(FormatNamed(format));
  grpc::ClientContext context;
  const auto reader = stub_->checkpoints.ExportCheckpoint(&context, request);
  v1::ExportCheckpointResponse chunk;
  IncomingFiles files;
  std::string problem;
  bool is_wanted = true;
  while (is_wanted && problem.empty() && reader->Read(&chunk)) {
    problem = files.Add(chunk);
    if (problem.empty()) is_wanted = take(chunk.file(), chunk.data());
  }
  if (!is_wanted || !problem.empty()) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (!problem.empty()) return ApiError{.message = problem};
  if (!status.ok()) {
    ApiError error = ToApiError(status, address_);
    if (error.reason == "MODEL_NOT_EXPORTABLE") error.exit_code = ExitCode::kUsage;
    return error;
  }
  if (std::string missing = files.Missing(); !missing.empty())
    return ApiError{.message = std::move(missing)};
  return files.all();
}

}  // namespace descent
