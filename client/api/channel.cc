#include "client/api/channel.h"

#include <thread>

#include "common/limits.h"

namespace descent {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // A coordinator is named directly, often as 127.0.0.1: a proxy of the environment is not meant
  // for it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kMessageBytesMax));
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Channel::Channel(const std::string& address) : channel_(Connect(address)) {}

// Ends early with a connection that was missing. gRPC connects only while somebody waits for it:
// after a mere sleep the channel would be as it was.
void Channel::PauseFor(std::chrono::milliseconds delay) const {
  const auto deadline = std::chrono::system_clock::now() + delay;
  const bool is_missing = channel_->GetState(false) != GRPC_CHANNEL_READY;
  if (is_missing && channel_->WaitForConnected(deadline)) return;
  std::this_thread::sleep_until(deadline);
}

}  // namespace descent
