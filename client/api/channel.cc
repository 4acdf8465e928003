#include "client/api/channel.h"

#include <thread>
#include <utility>

#include "client/api/service_config.h"
#include "common/limits.h"
#include "common/ping_interval.h"
#include "rpc/channel.h"

namespace descent {
namespace {

std::shared_ptr<grpc::Channel> Connect(const Endpoint& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kUserPings.interval.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(kUserPings.timeout.count()));
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // a stream may be quiet for long
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetServiceConfigJSON(RetryServiceConfig());
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kMessageBytesMax));
  return OpenChannel(endpoint.address, endpoint.credentials, arguments);
}

}  // namespace

Channel::Channel(const Endpoint& endpoint) : channel_(Connect(endpoint)) {}

// Ends early with a connection that was missing. gRPC connects only while somebody waits for it:
// after a mere sleep the channel would be as it was.
void Channel::PauseFor(std::chrono::milliseconds delay) const {
  const auto deadline = std::chrono::system_clock::now() + delay;
  const bool is_missing = channel_->GetState(false) != GRPC_CHANNEL_READY;
  if (is_missing && channel_->WaitForConnected(deadline)) return;
  std::this_thread::sleep_until(deadline);
}

}  // namespace descent
