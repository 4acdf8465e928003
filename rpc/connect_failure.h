#pragma once

#include <string>

namespace descent {

// What it means that a connection cannot be had, of gRPC's `message`, for whoever gave the flags: a
// sentence about TLS; empty: it has another cause.
std::string ExplainTlsFailure(const std::string& message);

}  // namespace descent
