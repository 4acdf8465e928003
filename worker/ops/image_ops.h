#pragma once

#include <array>
#include <cstdint>

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// The ops on images. Tensors are [B, C, H, W]: B samples of C channels, planes of H rows and W
// columns, dense and row-major, as of PyTorch's default. O channels come out, P rows and Q columns.

// Height, then width.
using PlaneSize = std::array<std::int64_t, 2>;

// Where a window stands in a padded plane. An axis of n elements has
//   floor((n + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
// places. kernel, stride and dilation are at least 1.
struct Window {
  PlaneSize kernel = {1, 1};
  PlaneSize stride = {1, 1};
  PlaneSize padding = {0, 0};  // with zeros, on both sides
  PlaneSize dilation = {1, 1};
};

// y[b, o, p, q] = bias[o] + sum over c, i, j of
//     weight[o, c, i, j] x[b, c, p stride + i dilation - padding, q stride + j dilation - padding]
//   x [B, C, H, W]   weight [O, C / groups, kernel]   bias [O]   ->   y [B, O, P, Q].
// The channels of x and y are cut into `groups` equal runs, each with weights of its own. Without a
// bias, pass an invalid id. The window's kernel is that of the weight. Source: torch.nn.Conv2d.
struct ConvolutionOptions {
  PlaneSize stride = {1, 1};
  PlaneSize padding = {0, 0};
  PlaneSize dilation = {1, 1};
  std::int64_t groups = 1;
};
Result<ValueId> Conv2d(Graph& graph, ValueId x, ValueId weight, ValueId bias,
                       const ConvolutionOptions& options);
const OpDef& Conv2dOp();                // (x, weight) or (x, weight, bias) -> y
const OpDef& Conv2dInputGradientOp();   // (dy, weight) -> dx
const OpDef& Conv2dWeightGradientOp();  // (dy, x) -> dweight

// The sum over samples and planes:  x [B, C] or [B, C, H, W]   ->   y [C].
const OpDef& ChannelSumOp();

// The largest element of every window, as if the padding were minus infinity; NaN if one is NaN.
// padding is at most half the kernel. x [B, C, H, W]   ->   y [B, C, P, Q].
Result<ValueId> MaxPool2d(Graph& graph, ValueId x, const Window& window);
const OpDef& MaxPool2dOp();
// dy goes to the first of the largest elements of its window, in the order of rows.
const OpDef& MaxPool2dGradientOp();  // (dy, x) -> dx

// The mean of every window, the padding's zeros counted, as of torch.nn.AvgPool2d: the sum by rows
// over the kernel's size. padding is at most half the kernel. x [B, C, H, W]   ->   y [B, C, P, Q].
Result<ValueId> AvgPool2d(Graph& graph, ValueId x, const Window& window);
const OpDef& AvgPool2dOp();
const OpDef& AvgPool2dGradientOp();  // (dy) -> dx

// The mean of every plane:  x [B, C, H, W]   ->   y [B, C].
Result<ValueId> GlobalAvgPool(Graph& graph, ValueId x);
const OpDef& GlobalAvgPoolOp();
const OpDef& GlobalAvgPoolGradientOp();  // (dy) -> dx

// Normalises every channel over the n = B H W elements of the micro-batch, or over B where x is
// [B, C], then scales and shifts:
//   y = (x - mean) / sqrt(var + epsilon) gain + bias,   var the biased estimate
//   x [B, C] or [B, C, H, W]   gain, bias, running_mean, running_variance [C]   ->   y like x.
// In training it also measures what the running statistics follow, as sums over samples:
//   mean_sum = B mean      variance_sum = B var n / (n - 1)
// and where n is 1, which has no variance, B running_variance: nothing was learned of it.
// Evaluation puts running_mean and running_variance in the places of mean and var.
// Source: Ioffe and Szegedy 2015, algorithms 1 and 2; torch.nn.BatchNorm2d.
struct BatchNormOperands {
  ValueId x, gain, bias, running_mean, running_variance;
};
struct BatchNormValues {
  ValueId y, mean_sum, variance_sum;
};
Result<BatchNormValues> BatchNorm(Graph& graph, const BatchNormOperands& operands, double epsilon);
const OpDef& BatchNormOp();  // (operands) -> y, mean, inverse_deviation, mean_sum, variance_sum
const OpDef& BatchNormInferenceOp();  // (operands) -> y
const OpDef& BatchNormGradientOp();   // (dy, x, gain, mean, inverse_deviation) -> dx, dgain, dbias

}  // namespace descent
