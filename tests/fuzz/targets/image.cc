#include <algorithm>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "worker/data/image_file.h"

namespace descent {
namespace {

constexpr unsigned kSideMax = 1024;

unsigned BigEndian16(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) * 256U + static_cast<unsigned char>(bytes[at + 1]);
}

// Whether a header of either format claims a side that is large: what the libraries then take of
// memory and time is allowed, and would leave none for other inputs.
bool ClaimsMuch(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG") && bytes.size() >= 24)
    return BigEndian16(bytes, 16) != 0 || BigEndian16(bytes, 20) != 0 ||
           std::max(BigEndian16(bytes, 18), BigEndian16(bytes, 22)) > kSideMax;
  for (std::size_t i = 0; i + 9 <= bytes.size(); ++i) {
    const bool is_frame = bytes[i] == '\xff' && (bytes[i + 1] & '\xf0') == '\xc0';
    if (is_frame && std::max(BigEndian16(bytes, i + 5), BigEndian16(bytes, i + 7)) > kSideMax)
      return true;
  }
  return false;
}

}  // namespace

DESCENT_FUZZ_TARGET(image) {
  const std::int64_t channels = TakeByte(bytes) % 2 == 0 ? 1 : 3;
  if (ClaimsMuch(bytes)) return;

  const Result<PixelImage> image = DecodeImage(bytes, channels);

  if (!image.ok()) return;
  NoteTaken();
  const ImageShape& shape = image.value().shape;
  DESCENT_CHECK(shape.channels == channels);
  DESCENT_CHECK(std::ssize(image.value().pixels) == channels * shape.height * shape.width);
}

}  // namespace descent
