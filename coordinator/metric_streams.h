#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// The calls of MetricService that answer with a stream. Each reads the disk on `threads`; both
// arguments outlive the call. What they return deletes itself when the call is over.
grpc::ServerWriteReactor<v1::ExportMetricsResponse>* StartExport(
    Runtime& runtime, boost::asio::thread_pool& threads, const v1::ExportMetricsRequest& request);
grpc::ServerWriteReactor<v1::StreamMetricsResponse>* StartMetricStream(
    Runtime& runtime, boost::asio::thread_pool& threads, const v1::StreamMetricsRequest& request);

}  // namespace descent
