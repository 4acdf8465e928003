#pragma once

#include <boost/asio/thread_pool.hpp>
#include <string>

#include "coordinator/runtime.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// ClusterService of proto/descent/v1/service.proto.
class ClusterService final : public v1::ClusterService::CallbackService {
 public:
  // Both outlive the server that this service is registered with.
  ClusterService(Runtime& runtime, boost::asio::thread_pool& blocking_threads,
                 std::string http_address)
      : runtime_(runtime),
        blocking_threads_(blocking_threads),
        http_address_(std::move(http_address)) {}

  grpc::ServerUnaryReactor* GetClusterStatus(grpc::CallbackServerContext* context,
                                             const v1::GetClusterStatusRequest* request,
                                             v1::ClusterStatus* response) override;

 private:
  grpc::Status Answer(v1::ClusterStatus* response);

  Runtime& runtime_;
  boost::asio::thread_pool& blocking_threads_;
  const std::string http_address_;
  const MonotonicTime start_ = MonotonicNow();
};

}  // namespace descent
