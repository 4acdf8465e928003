#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "worker/graph/graph.h"

namespace descent {

// How the parameters of a model start. Gains start at 1 and the biases of norms at 0, by either.
//              pytorch                                   gpt2
//   weight     uniform on [-1 / sqrt(in), 1 / sqrt(in))  normal of deviation 0.02
//   bias       the same                                  0
//   embedding  normal of deviation 1                     normal of deviation 0.02
// Sources: torch.nn.Linear and Embedding; Radford et al. 2019, section 2.3, with the deviation of
// the published code.
Initializer InitializerOf(const ModelSpec& model);

// `inputs`: of the linear layer.
Initialization WeightStart(Initializer initializer, std::int64_t inputs);
Initialization BiasStart(Initializer initializer, std::int64_t inputs);
Initialization EmbeddingStart(Initializer initializer);

// Of a weight that ends a residual branch: as any other, but by gpt2 of deviation
// 0.02 / sqrt(branches), so that the sum of all branches is as wide as one.
Initialization BranchEndStart(Initializer initializer, std::int64_t inputs, std::int64_t branches);

}  // namespace descent
