#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// MetricService of proto/descent/v1/service.proto. Reads the disk on `blocking_threads`.
class MetricService final : public v1::MetricService::CallbackService {
 public:
  // Both outlive the server that this service is registered with.
  MetricService(Runtime& runtime, boost::asio::thread_pool& blocking_threads)
      : runtime_(runtime), blocking_threads_(blocking_threads) {}

  grpc::ServerUnaryReactor* QueryMetrics(grpc::CallbackServerContext* context,
                                         const v1::QueryMetricsRequest* request,
                                         v1::QueryMetricsResponse* response) override;

 private:
  grpc::Status Answer(const v1::QueryMetricsRequest& request, v1::QueryMetricsResponse* response);

  Runtime& runtime_;
  boost::asio::thread_pool& blocking_threads_;
};

}  // namespace descent
