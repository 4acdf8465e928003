#include "client/api/checkpoint_client.h"

#include "client/api/channel.h"
#include "client/api/convert.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

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

}  // namespace descent
