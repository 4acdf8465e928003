#pragma once

#include <span>
#include <string_view>

namespace descent {

enum class HttpAccess {
  kOpen,    // for probes, and pages that hold nothing of a job
  kViewer,  // with a token of role viewer or more, where tokens are asked for
};

struct HttpRoute {
  std::string_view path;  // with "*" at its end: every path that begins so
  HttpAccess access;
};

// Every path that is served, and to whom. What is missing here is not found.
std::span<const HttpRoute> HttpRouteTable();

// Null: there is none.
const HttpRoute* FindHttpRoute(std::string_view path);

}  // namespace descent
