#pragma once

#include <grpcpp/support/status_code_enum.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/counters.h"

namespace descent {

// What is counted of the calls of one gRPC method since this process started, refused ones
// included.
struct MethodCalls {
  std::string service;  // "descent.v1.JobService"
  std::string method;   // "CreateJob"
  std::string type;     // "unary", "client_stream", "server_stream" or "bidi_stream"
  std::int64_t started = 0;
  std::map<std::string, std::int64_t> handled;  // by code, as Prometheus' users know it: "NotFound"
  Histogram seconds;                            // of those handled, until their status was sent
};

// Counts calls by method. Only methods that were declared are counted: a caller cannot make up
// names, each of which would cost memory. Any thread.
class CallCounters {
 public:
  // `path` is "/descent.v1.JobService/CreateJob". Before any call of it.
  void Declare(const std::string& path, const std::string& type);

  bool IsDeclared(std::string_view path) const;

  // Of a declared method.
  void CountStart(std::string_view path);
  void CountEnd(std::string_view path, grpc::StatusCode code, double seconds);

  // Those that were called.
  std::vector<MethodCalls> Read() const;

 private:
  mutable std::mutex mutex_;  // guards the following
  std::map<std::string, MethodCalls, std::less<>> by_path_;
};

}  // namespace descent
