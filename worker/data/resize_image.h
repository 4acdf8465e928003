#pragma once

#include <cstdint>

#include "worker/data/image_file.h"

namespace descent {

// An image of another size, bilinear: a pixel is the mean of those around its place, weighed by a
// triangle that is as wide as two pixels of the larger of both grids, so that a smaller image is
// smoothed first. In double, rounded once. Equal bits on every machine.
PixelImage ResizeImage(const PixelImage& image, std::int64_t height, std::int64_t width);

}  // namespace descent
