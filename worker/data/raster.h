#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// Rows of pixels as the image libraries decode them: [height, width, channels], where 1 channel is
// grey and 3 are red, green and blue.
struct Raster {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::vector<std::uint8_t> samples;
};

// Each of a file of its kind. kInvalidArgument: image_file.h says when.
Result<Raster> DecodePng(std::string_view bytes);
Result<Raster> DecodeJpeg(std::string_view bytes);

// kInvalidArgument if a side is 0 or above limits::kImageSideMax.
Status CheckImageSize(std::int64_t height, std::int64_t width);

}  // namespace descent
