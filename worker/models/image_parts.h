#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "worker/graph/graph.h"
#include "worker/models/initializer.h"
#include "worker/ops/image_ops.h"

namespace descent {

// Parts of models of images, with the parameters of the PyTorch module of that name behind
// `name`: "NAME.weight", and "NAME.bias" where there is one.

struct LinearPart {
  std::int64_t outputs = 0;
  bool has_bias = true;
  Initializer initializer = Initializer::kPytorch;
};
Result<ValueId> AppendLinear(Graph& graph, const std::string& name, const LinearPart& part,
                             ValueId x);

// weight [outputs, C / groups, kernel, kernel] of x [B, C, H, W].
struct ConvolutionPart {
  std::int64_t outputs = 0;
  std::int64_t kernel = 1;
  ConvolutionOptions options;
  bool has_bias = true;
  Initialization weight;
  Initialization bias;
};
Result<ValueId> AppendConvolution(Graph& graph, const std::string& name,
                                  const ConvolutionPart& part, ValueId x);

// Also the running statistics "NAME.running_mean" and "NAME.running_var". PyTorch's
// num_batches_tracked, which only a momentum of None reads, is not kept.
struct BatchNormPart {
  double epsilon = 1e-5;
  double momentum = 0.1;
};
Result<ValueId> AppendBatchNorm(Graph& graph, const std::string& name, const BatchNormPart& part,
                                ValueId x);

}  // namespace descent
