#pragma once

#include <grpcpp/support/server_callback.h>

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "descent/v1/service.pb.h"

namespace descent {

// WatchJobs of several jobs, by names, a filter or all, as service.proto describes it. `runtime`,
// `streams` and `threads` outlive the call.
grpc::ServerWriteReactor<v1::Job>* StartJobsWatch(Runtime& runtime, StreamSet& streams,
                                                  boost::asio::thread_pool& threads,
                                                  const grpc::CallbackServerContext& context,
                                                  const v1::WatchJobsRequest& request);

}  // namespace descent
