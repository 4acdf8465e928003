#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Appends a sequential model, layer by layer:  x [B, C, H, W] or [B, F]   ->   logits [B, outputs].
// The parameters of layer I are "layers.I.weight" and "layers.I.bias", those of a batch norm's
// statistics "layers.I.running_mean" and "layers.I.running_var", as of a PyTorch module whose
// `layers` is an nn.Sequential of these layers. kInvalidArgument: a layer does not fit what it
// gets, or the last one gives other than the logits; the message names the layer and the shapes.
struct LayersExtent {
  std::int64_t outputs = 0;
  Initializer initializer = Initializer::kPytorch;
};
Result<ValueId> AppendLayers(Graph& graph, const LayersSpec& spec, const LayersExtent& extent,
                             ValueId x);

}  // namespace descent
