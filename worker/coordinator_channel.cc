#include "worker/coordinator_channel.h"

#include <grpcpp/grpcpp.h>

#include <random>
#include <utility>

#include "common/ping_interval.h"
#include "rpc/channel.h"

namespace descent {

std::shared_ptr<grpc::Channel> MakeCoordinatorChannel(const std::string& address,
                                                      const Credentials& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kWorkerPings.interval.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(kWorkerPings.timeout.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // The link waits by itself between attempts; gRPC's own back-off would only add to it.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return OpenChannel(address, credentials, arguments);
}

std::chrono::milliseconds Jittered(std::chrono::milliseconds delay) {
  static thread_local std::minstd_rand generator{std::random_device{}()};
  return delay * std::uniform_int_distribution<int>(50, 100)(generator) / 100;
}

}  // namespace descent
