#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "descent/v1/service.grpc.pb.h"
#include "descent/v1/worker.grpc.pb.h"

namespace descent {

// The calls that carry log lines. Each reads and writes the disk on `threads`; all arguments
// but the caller, the context and the request outlive the call. What they return deletes itself
// when the call is over.

// From a rank: one chunk at a time, the next when this one is stored. Lines of a job that does not
// exist are acknowledged and dropped.
grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>* StartLogPush(Runtime& runtime,
                                                                StreamSet& streams,
                                                                boost::asio::thread_pool& threads,
                                                                const Caller& caller);

// To a user: one page at a time, the next when this one is sent, so a slow reader costs one page.
grpc::ServerWriteReactor<v1::StreamJobLogsResponse>* StartLogStream(
    Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
    const grpc::CallbackServerContext& context, const v1::StreamJobLogsRequest& request);

}  // namespace descent
