#include "coordinator/gzip.h"

#define ZLIB_CONST  // the input is only read
#include <zlib.h>

#include <cstddef>
#include <limits>

#include "common/check.h"

namespace descent {
namespace {

constexpr int kWindowBits = 15 + 16;  // the largest window, with gzip's header and checksum
constexpr int kMemoryLevel = 8;       // zlib's own choice
constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

void SetInput(z_stream& stream, std::string_view bytes) {
  DESCENT_CHECK(bytes.size() <= std::numeric_limits<uInt>::max());
  stream.next_in = reinterpret_cast<const Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
}

}  // namespace

std::string Gzip(std::string_view bytes, GzipLevel level) {
  z_stream stream = {};
  const int effort = level == GzipLevel::kFast ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION;
  DESCENT_CHECK(deflateInit2(&stream, effort, Z_DEFLATED, kWindowBits, kMemoryLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK);
  SetInput(stream, bytes);
  std::string packed(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  DESCENT_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

Gunzipped Gunzip(std::string_view packed) {
  z_stream stream = {};
  DESCENT_CHECK(inflateInit2(&stream, kWindowBits) == Z_OK);
  SetInput(stream, packed);
  Gunzipped found;
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t done = found.bytes.size();
    found.bytes.resize(done + kBlockBytes);
    stream.next_out = reinterpret_cast<Bytef*>(found.bytes.data() + done);
    stream.avail_out = static_cast<uInt>(kBlockBytes);
    state = inflate(&stream, Z_NO_FLUSH);
    found.bytes.resize(done + kBlockBytes - stream.avail_out);
  }
  inflateEnd(&stream);
  found.is_whole = state == Z_STREAM_END;
  return found;
}

}  // namespace descent
