#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/sample_format.h"

namespace descent {

// An image as planes of unsigned bytes: pixels [channels, height, width].
struct PixelImage {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;
};

// Decodes a PNG or JPEG file into `channels` planes: 1 is grey, 3 are red, green and blue. Alpha is
// dropped, 16 bits are cut to 8, colours become grey as (299 R + 587 G + 114 B) / 1000, rounded.
// Neither gamma nor an orientation is applied. kInvalidArgument, without the file's name: neither
// PNG nor JPEG, corrupt or truncated, in CMYK, or a side above limits::kImageSideMax, which is seen
// before memory is taken. Any thread.
Result<PixelImage> DecodeImage(std::string_view bytes, std::int64_t channels);

// The same of a file. The message begins with its path. Blocks.
Result<PixelImage> ReadImageFile(const std::filesystem::path& path, std::int64_t channels);

}  // namespace descent
