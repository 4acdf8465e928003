#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <mutex>

#include "coordinator/http_message.h"

namespace descent {

// Makes the changes that are asked for over HTTP by calls of JobService, inside the process: what a
// call needs, checks and does is decided there alone. Any thread.
class HttpGateway {
 public:
  // HTTP listens before gRPC does: until this is called, changes are answered with 503.
  void Connect(std::shared_ptr<grpc::Channel> channel);

  // Blocks until the call is over, at most half a minute. Answers with the job, or the call's
  // error.
  HttpResponse Make(const JobChange& change) const;

 private:
  mutable std::mutex mutex_;  // guards the following
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace descent
