#pragma once

#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "coordinator/counters.h"

namespace descent {

// Requests that are counted together. The texts are few, whatever clients send.
struct HttpCallKind {
  std::string handler;  // the route's pattern: "/v1/jobs/{job}"
  std::string method;
  std::string code;  // of the answer: "200"

  bool operator<(const HttpCallKind& other) const {
    return std::tie(handler, method, code) < std::tie(other.handler, other.method, other.code);
  }
};

// How long their answers took.
using HttpCounts = std::map<HttpCallKind, Histogram>;

// Counts the requests of one server. Any thread.
class HttpCounters {
 public:
  void Add(const HttpCallKind& kind, double seconds);
  HttpCounts Read() const;

 private:
  mutable std::mutex mutex_;  // guards the following
  HttpCounts counts_;
};

}  // namespace descent
