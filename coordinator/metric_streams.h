#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// The calls of MetricService that answer with a stream. Each reads the disk on `threads`; all
// arguments but the last one outlive the call. What they return deletes itself when the call is
// over.
grpc::ServerWriteReactor<v1::ExportMetricsResponse>* StartExport(
    Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
    const grpc::CallbackServerContext& context, const v1::ExportMetricsRequest& request);
grpc::ServerWriteReactor<v1::StreamMetricsResponse>* StartMetricStream(
    Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
    const grpc::CallbackServerContext& context, const v1::StreamMetricsRequest& request);

}  // namespace descent
