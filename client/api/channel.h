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
  explicit Channel(const Endpoint& endpoint);

  const std::shared_ptr<grpc::Channel>& grpc() const { return channel_; }

  // `call(context)`, each with ten seconds, until it answers anything but UNAVAILABLE, or about two
  // seconds of trying again are used up.
  template <typename Call>
  grpc::Status CallWithRetry(const Call& call) const {
    for (const std::chrono::milliseconds delay : kRetryDelays) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
      grpc::Status status = call(&context);
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return status;
      PauseFor(delay);
    }
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    return call(&context);
  }

  // Before a call is repeated.
  void PauseFor(std::chrono::milliseconds delay) const;

 private:
  static constexpr std::chrono::seconds kCallTimeout{10};
  static constexpr std::chrono::milliseconds kRetryDelays[] = {std::chrono::milliseconds(100),
                                                               std::chrono::milliseconds(500),
                                                               std::chrono::milliseconds(1500)};

  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace descent
