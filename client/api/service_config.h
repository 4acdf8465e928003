#pragma once

#include <string>

namespace descent {

// What gRPC is told of the coordinator's methods, as the JSON of its service config: those that may
// be repeated (service.proto) are tried up to five times while the coordinator is UNAVAILABLE, with
// pauses from 0.2 s on that double, about three seconds together; less often while most calls fail.
// Source: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
std::string RetryServiceConfig();

}  // namespace descent
