#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "worker/graph/attributes.h"
#include "worker/graph/types.h"

namespace descent::cpu {

// A convolution's operands in their outer layout, for some number of samples: x [B, C, H, W],
// weight [K, C / groups, R, S], y [B, K, P, Q].
struct ConvolutionOperands {
  Shape x, weight, y;
  Shape stride, padding, dilation;
  std::int64_t groups;

  std::int64_t samples() const { return x[0]; }
  std::int64_t SampleElements() const {
    return std::max(ElementCount(x), ElementCount(y)) / samples();
  }
  ConvolutionOperands OfSamples(std::int64_t count) const {
    ConvolutionOperands part = *this;
    part.x[0] = part.y[0] = count;
    return part;
  }
};

inline ConvolutionOperands OperandsOf(const Attributes& attributes, Shape x, Shape weight,
                                      Shape y) {
  return {.x = std::move(x),
          .weight = std::move(weight),
          .y = std::move(y),
          .stride = attributes.Integers("stride"),
          .padding = attributes.Integers("padding"),
          .dilation = attributes.Integers("dilation"),
          .groups = attributes.Integer("groups")};
}

// Adds `count` elements of weights to others.
inline void AddTo(float* sum, const float* addend, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += addend[i];
}

}  // namespace descent::cpu
