#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "worker/graph/graph.h"

namespace descent {

// How the parameters of a model start. Gains start at 1 and the biases of norms at 0, by any.
//              pytorch                                   gpt2                      zeros
//   weight     uniform on [-1 / sqrt(in), 1 / sqrt(in))  normal of deviation 0.02  0
//   bias       the same                                  0                         0
//   embedding  normal of deviation 1                     normal of deviation 0.02  0
// The inputs of a convolution are its input channels in a group times the size of its kernel.
// Sources: torch.nn.Linear, Conv2d and Embedding; Radford et al. 2019, section 2.3, with the
// deviation of the published code.
Initializer InitializerOf(const ModelSpec& model);

// `inputs`: of the linear layer.
Initialization WeightStart(Initializer initializer, std::int64_t inputs);
Initialization BiasStart(Initializer initializer, std::int64_t inputs);
Initialization EmbeddingStart(Initializer initializer);

// Of a convolution of a ResNet of `outputs`, which is its output channels times the size of its
// kernel: by pytorch, as torchvision has it, normal of deviation sqrt(2 / outputs), which is
// kaiming_normal_ of mode fan_out; by gpt2 as any other. Source: He et al. 2015.
Initialization ResnetConvolutionStart(Initializer initializer, std::int64_t outputs);

// Of a weight that ends a residual branch: as any other, but by gpt2 of deviation
// 0.02 / sqrt(branches), so that the sum of all branches is as wide as one.
Initialization BranchEndStart(Initializer initializer, std::int64_t inputs, std::int64_t branches);

}  // namespace descent
