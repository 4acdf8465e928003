#pragma once

#include <string_view>

namespace descent {

enum class HttpAccess {
  kOpen,    // for probes, and pages that hold nothing of a job
  kViewer,  // with a token of role viewer or more, where tokens are asked for
  kUser,    // of role user or more: changes, served with --http-writes only
};

// What is served, and to whom.
struct HttpRoute {
  std::string_view method;   // "GET" stands for HEAD as well
  std::string_view pattern;  // http_pattern.h
  HttpAccess access = HttpAccess::kViewer;
  std::string_view parameters = "";  // names of its query, with commas; others are refused
};

}  // namespace descent
