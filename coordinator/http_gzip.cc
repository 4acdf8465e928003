#include "coordinator/http_gzip.h"

#include <zlib.h>

#include <limits>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::size_t kPackedBytesMin = 1024;  // below, packets get no fewer
constexpr int kWindowBits = 15 + 16;           // the largest window, and gzip's head
constexpr int kMemoryLevel = 8;                // zlib's default

}  // namespace

std::string Gzip(std::string_view bytes) {
  DESCENT_CHECK(bytes.size() <= std::numeric_limits<uInt>::max());
  z_stream stream{};
  // The fastest level: the ranks of the jobs may want this machine's cores.
  DESCENT_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits, kMemoryLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // only read
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  DESCENT_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

bool IsPackable(const HttpResponse& response) {
  const std::string_view type = response.content_type;
  return response.events == nullptr && response.pieces == nullptr &&
         (type.starts_with("text/") || type.starts_with("application/json") ||
          type.starts_with("application/openmetrics-text"));
}

void Pack(HttpResponse& response) {
  if (response.body.size() < kPackedBytesMin) return;
  response.body = Gzip(response.body);
  response.headers.emplace_back("Content-Encoding", "gzip");
  for (auto& [name, value] : response.headers)
    if (name == "ETag") value.insert(0, "W/");
}

}  // namespace descent
