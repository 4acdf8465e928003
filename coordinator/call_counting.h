#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "coordinator/call_counters.h"

namespace descent {

// For ServerBuilder: has the declared methods' calls counted, from their arrival until their status
// is sent. An interceptor, since it alone sees the status of every call, whoever ends it.
// `counters` outlives the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallCounting(
    CallCounters& counters);

}  // namespace descent
