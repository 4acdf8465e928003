#include "coordinator/http_gzip.h"

#include "coordinator/gzip.h"

namespace descent {
namespace {

constexpr std::size_t kPackedBytesMin = 1024;  // below, packets get no fewer

}  // namespace

bool IsPackable(const HttpResponse& response) {
  const std::string_view type = response.content_type;
  return response.events == nullptr && response.pieces == nullptr &&
         (type.starts_with("text/") || type.starts_with("application/json") ||
          type.starts_with("application/x-ndjson") ||
          type.starts_with("application/openmetrics-text"));
}

bool IsWorthPacking(const HttpResponse& response) {
  return response.body.size() >= kPackedBytesMin;
}

void Pack(HttpResponse& response) {
  response.body = Gzip(response.body, GzipLevel::kFast);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace descent
