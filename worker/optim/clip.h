#pragma once

#include <span>

namespace descent {

// The Euclidean norm of all values together, in double. Squares are summed per block of 4096
// values, and blocks are added in order, so the bits depend on the values alone. Squares of floats
// do not overflow a double: the norm is finite exactly if every value is.
double GlobalNorm(std::span<const float> values);

// What gradients of this norm are multiplied with so that they do not exceed max_norm:
//   min(1, max_norm / (norm + 1e-6))
// and 1 if max_norm is 0, which means no clipping. The norm must be finite: a NaN is for the caller
// to report, not to scale. Source: torch.nn.utils.clip_grad_norm_.
double ClipFactor(double norm, double max_norm);

}  // namespace descent
