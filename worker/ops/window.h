#pragma once

#include <string_view>

#include "worker/graph/sample_source.h"
#include "worker/ops/image_ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {

// What convolutions and pools have in common: a window as attributes, and how many places it has.

// "kernel", "stride", "padding" and "dilation", two integers each.
Attributes AttributesOf(const Window& window);
Window WindowOf(const Attributes& attributes);

// The places of the window in planes of x [B, C, H, W], or kInvalidArgument: x has other axes, or
// the window does not fit. Both shapes are named.
Result<PlaneSize> PlacesIn(const TensorType& x, const Window& window);

Status ExpectImages(const TensorType& operand, std::string_view name);  // f32 [B, C, H, W]

// A window that fits in planes of this size, odd steps included.
Window SampleWindow(SampleSource& source, PlaneSize plane);

}  // namespace descent
