#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Appends an MLP, a chain of linear layers, each but the last followed by the activation and
// dropout:  x [B, F]   ->   logits [B, outputs]. The parameters are "layers.I.weight" [out, in] and
// "layers.I.bias" [out].
struct MlpExtent {
  std::int64_t outputs = 0;
  Initializer initializer = Initializer::kPytorch;
};
Result<ValueId> AppendMlp(Graph& graph, const MlpSpec& spec, const MlpExtent& extent, ValueId x);

}  // namespace descent
