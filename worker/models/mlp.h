#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Appends an MLP, a chain of linear layers, each but the last followed by the activation and
// dropout:  x [B, F]   ->   logits [B, outputs]. "layers.I.weight" [out, in] and "layers.I.bias"
// [out] both start uniform on [-1 / sqrt(in), 1 / sqrt(in)), as PyTorch's Linear does.
Result<ValueId> AppendMlp(Graph& graph, const MlpSpec& spec, ValueId x, std::int64_t outputs);

}  // namespace descent
