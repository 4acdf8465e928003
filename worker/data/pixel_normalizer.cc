#include "worker/data/pixel_normalizer.h"

#include <algorithm>
#include <cstddef>

#include "common/check.h"

namespace descent {
namespace {

float Normalize(double pixel, const NormalizeSpec& spec, std::size_t channel) {
  const double mean = spec.mean[spec.mean.size() == 1 ? 0 : channel];
  const double std = spec.std[spec.std.size() == 1 ? 0 : channel];
  return static_cast<float>((pixel / 255.0 - mean) / std);
}

void CheckCounts(const NormalizeSpec& spec, std::int64_t channels) {
  DESCENT_CHECK(channels >= 1);
  DESCENT_CHECK(spec.mean.size() == 1 || std::ssize(spec.mean) == channels);
  DESCENT_CHECK(spec.std.size() == 1 || std::ssize(spec.std) == channels);
}

}  // namespace

PixelNormalizer::PixelNormalizer(const NormalizeSpec& spec, std::int64_t channels)
    : value_of_(static_cast<std::size_t>(channels)) {
  CheckCounts(spec, channels);
  for (std::size_t channel = 0; channel < value_of_.size(); ++channel)
    for (std::size_t pixel = 0; pixel < value_of_[channel].size(); ++pixel)
      value_of_[channel][pixel] = Normalize(static_cast<double>(pixel), spec, channel);
}

void PixelNormalizer::Copy(std::span<const std::uint8_t> pixels, std::span<float> features) const {
  DESCENT_CHECK(pixels.size() == features.size());
  const std::size_t plane = pixels.size() / value_of_.size();
  for (std::size_t channel = 0; channel < value_of_.size(); ++channel)
    std::ranges::transform(pixels.subspan(channel * plane, plane),
                           features.begin() + static_cast<std::ptrdiff_t>(channel * plane),
                           [&](std::uint8_t pixel) { return value_of_[channel][pixel]; });
}

std::vector<float> BlackOf(const NormalizeSpec& spec, std::int64_t channels) {
  CheckCounts(spec, channels);
  std::vector<float> black;
  for (std::size_t channel = 0; channel < static_cast<std::size_t>(channels); ++channel)
    black.push_back(Normalize(0.0, spec, channel));
  return black;
}

}  // namespace descent
