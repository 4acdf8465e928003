#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// The forward pass of a model on `batch_rows` samples, with its ports set:
//   features f32 [batch_rows, features]   labels int32 [batch_rows]   ->   losses, correct.
// The parameters, their names and their order do not depend on batch_rows. All counts are >= 1.
// kInvalidArgument: the model cannot have these sizes.
//
// An MLP is a chain of linear layers, each but the last followed by the activation and dropout.
// "layers.I.weight" [out, in] and "layers.I.bias" [out] both start uniform on
// [-1 / sqrt(in), 1 / sqrt(in)), as PyTorch's Linear does, so trained weights can be exchanged.
Result<Graph> BuildModel(const ModelSpec& spec, std::int64_t features, std::int64_t classes,
                         std::int64_t batch_rows);

}  // namespace descent
