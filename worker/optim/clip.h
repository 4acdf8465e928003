#pragma once

#include <cstdint>
#include <span>

#include "common/shard_planner.h"

namespace descent {

// The Euclidean norm of many values, in double, in two steps that ranks can share: squares are
// summed per block of this many values, and the blocks' sums are added in order, so the bits depend
// on the values and on where blocks begin, and not on who summed them. Squares of floats do not
// overflow a double: the norm is finite exactly if every value is.
inline constexpr std::int64_t kNormBlockElements = 4096;

// How many blocks a run of values has; the last one may be short.
std::int64_t NormBlockCount(std::int64_t value_count);

// Writes the sum of squares of each block of `values` to sums [NormBlockCount(values.size())].
void SumSquaresOfBlocks(std::span<const float> values, std::span<double> sums);

// The same of the elements `range` of an arena, which are `values`: only those count that lie in
// one of `counted`, ranges of the arena, ascending, not overlapping.
void SumSquaresOfBlocks(std::span<const float> values, IndexRange range,
                        std::span<const IndexRange> counted, std::span<double> sums);

// The norm of values with these sums of squares, added in order.
double NormOfBlocks(std::span<const double> sums);

// What gradients of this norm are multiplied with so that they do not exceed max_norm:
//   min(1, max_norm / (norm + 1e-6))
// and 1 if max_norm is 0, which means no clipping. The norm must be finite: a NaN is for the caller
// to report, not to scale. Source: torch.nn.utils.clip_grad_norm_.
double ClipFactor(double norm, double max_norm);

}  // namespace descent
