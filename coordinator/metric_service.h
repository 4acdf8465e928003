#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// MetricService of proto/descent/v1/service.proto. Reads the disk on `blocking_threads`.
class MetricService final : public v1::MetricService::CallbackService {
 public:
  // All outlive the server that this service is registered with.
  MetricService(Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& blocking_threads)
      : runtime_(runtime), streams_(streams), blocking_threads_(blocking_threads) {}

  grpc::ServerUnaryReactor* QueryMetrics(grpc::CallbackServerContext* context,
                                         const v1::QueryMetricsRequest* request,
                                         v1::QueryMetricsResponse* response) override;
  grpc::ServerUnaryReactor* ListMetrics(grpc::CallbackServerContext* context,
                                        const v1::ListMetricsRequest* request,
                                        v1::ListMetricsResponse* response) override;
  grpc::ServerUnaryReactor* CompareJobs(grpc::CallbackServerContext* context,
                                        const v1::CompareJobsRequest* request,
                                        v1::CompareJobsResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamMetricsResponse>* StreamMetrics(
      grpc::CallbackServerContext* context, const v1::StreamMetricsRequest* request) override;
  grpc::ServerWriteReactor<v1::ExportMetricsResponse>* ExportMetrics(
      grpc::CallbackServerContext* context, const v1::ExportMetricsRequest* request) override;

 private:
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* AnswerLater(grpc::CallbackServerContext* context,
                                        const Request* request, Response* response);
  grpc::Status Answer(const v1::QueryMetricsRequest& request, v1::QueryMetricsResponse* response);
  grpc::Status Answer(const v1::ListMetricsRequest& request, v1::ListMetricsResponse* response);
  grpc::Status Answer(const v1::CompareJobsRequest& request, v1::CompareJobsResponse* response);

  Runtime& runtime_;
  StreamSet& streams_;
  boost::asio::thread_pool& blocking_threads_;
};

}  // namespace descent
