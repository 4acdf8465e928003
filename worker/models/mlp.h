#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Appends the MLP of model.h:  x [B, F]   ->   logits [B, outputs].
Result<ValueId> AppendMlp(Graph& graph, const MlpSpec& spec, ValueId x, std::int64_t outputs);

}  // namespace descent
