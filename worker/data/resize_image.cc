#include "worker/data/resize_image.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace descent {
namespace {

// The weights, which add up to 1, of the source pixels first, first + 1, … for one target pixel.
struct Taps {
  std::size_t first = 0;
  std::vector<double> weights;
};

std::vector<Taps> MakeTaps(std::int64_t source, std::int64_t target) {
  const double scale = static_cast<double>(source) / static_cast<double>(target);
  const double reach = std::max(scale, 1.0);
  std::vector<Taps> taps(static_cast<std::size_t>(target));
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale - 0.5;
    const auto first =
        std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(center - reach)) + 1);
    const auto last =
        std::min<std::int64_t>(source, static_cast<std::int64_t>(std::ceil(center + reach)));
    double sum = 0;
    for (std::int64_t j = first; j < last; ++j) {
      taps[i].weights.push_back(1 - std::abs(static_cast<double>(j) - center) / reach);
      sum += taps[i].weights.back();
    }
    taps[i].first = static_cast<std::size_t>(first);
    for (double& weight : taps[i].weights) weight /= sum;
  }
  return taps;
}

// One line of pixels that lie `stride` apart.
template <typename Pixel>
double Weigh(const Pixel* line, std::size_t stride, const Taps& taps) {
  double sum = 0;
  for (std::size_t i = 0; i < taps.weights.size(); ++i)
    sum += taps.weights[i] * static_cast<double>(line[(taps.first + i) * stride]);
  return sum;
}

}  // namespace

PixelImage ResizeImage(const PixelImage& image, std::int64_t height, std::int64_t width) {
  const std::vector<Taps> rows = MakeTaps(image.shape.height, height);
  const std::vector<Taps> columns = MakeTaps(image.shape.width, width);
  const auto source_width = static_cast<std::size_t>(image.shape.width);
  const auto lines = static_cast<std::size_t>(image.shape.channels * image.shape.height);
  std::vector<double> narrowed;  // [channels, source height, width]
  for (std::size_t line = 0; line < lines; ++line)
    for (const Taps& taps : columns)
      narrowed.push_back(Weigh(image.pixels.data() + line * source_width, 1, taps));

  PixelImage resized{.shape = {.channels = image.shape.channels, .height = height, .width = width},
                     .pixels = {}};
  const std::size_t plane = static_cast<std::size_t>(image.shape.height) * columns.size();
  for (std::size_t channel = 0; channel < static_cast<std::size_t>(image.shape.channels); ++channel)
    for (const Taps& taps : rows)
      for (std::size_t column = 0; column < columns.size(); ++column) {
        const double* const line = narrowed.data() + channel * plane + column;
        resized.pixels.push_back(static_cast<std::uint8_t>(
            std::clamp(Weigh(line, columns.size(), taps), 0.0, 255.0) + 0.5));
      }
  return resized;
}

}  // namespace descent
