#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/data_spec.h"

namespace descent {

// Makes f32 of pixels, each channel by its mean and std, or all by the same:
//   x = (pixel / 255 - mean) / std, in double, rounded once to f32.
// Immutable, so any thread may call.
class PixelNormalizer {
 public:
  // One mean and one std, or one for each of `channels`, or it aborts.
  PixelNormalizer(const NormalizeSpec& spec, std::int64_t channels);

  // Of one image: pixels and features [channels, height, width].
  void Copy(std::span<const std::uint8_t> pixels, std::span<float> features) const;

 private:
  std::vector<std::array<float, 256>> value_of_;  // by channel, of each pixel
};

// What a black pixel of each channel becomes.
std::vector<float> BlackOf(const NormalizeSpec& spec, std::int64_t channels);

}  // namespace descent
