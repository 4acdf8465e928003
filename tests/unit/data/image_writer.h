#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace descent {

// The bytes of image files: rows of pixels [height, width, channels] of 1 or 3 channels.
std::string PngBytes(int height, int width, const std::vector<std::uint8_t>& pixels);
std::string JpegBytes(int height, int width, const std::vector<std::uint8_t>& pixels);

// A PNG of one colour or grey value.
std::string PlainPng(int height, int width, const std::vector<std::uint8_t>& pixel);

}  // namespace descent
