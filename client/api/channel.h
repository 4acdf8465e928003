#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "client/api/endpoint.h"

namespace descent {

// The way to one coordinator. Any thread.
class Channel {
 public:
  static constexpr std::chrono::seconds kCallTimeout{10};

  explicit Channel(const Endpoint& endpoint);

  const std::shared_ptr<grpc::Channel>& grpc() const { return channel_; }

  // `call(context)` of a method that may be repeated: the channel does so while the coordinator is
  // unavailable, for about three seconds (service_config.h). All attempts together have `time_max`.
  template <typename Call>
  grpc::Status CallWithRetry(const Call& call,
                             std::chrono::milliseconds time_max = kCallTimeout) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + time_max);
    return call(&context);
  }

  // The same of a method that may not be repeated. It too reaches a coordinator that is started a
  // moment later: nothing is sent until there is a connection, or three seconds have passed.
  template <typename Call>
  grpc::Status CallOnce(const Call& call, std::chrono::milliseconds time_max = kCallTimeout) const {
    channel_->WaitForConnected(std::chrono::system_clock::now() + kConnectTimeout);
    return CallWithRetry(call, time_max);
  }

  // Before a stream is begun anew.
  void PauseFor(std::chrono::milliseconds delay) const;

 private:
  static constexpr std::chrono::seconds kConnectTimeout{3};

  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace descent
