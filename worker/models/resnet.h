#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// Appends a ResNet:  x [B, C, H, W]   ->   logits [B, outputs]. A stem, four stages of blocks, of
// which all but the first halve the image and double the channels, the mean of every plane, and a
// linear layer. A block adds to its input, or to a 1 x 1 convolution of it where the shape changes,
// two convolutions of 3 x 3 (depth 18 and 34), or one of 1 x 1, one of 3 x 3 and one of 1 x 1 to
// four times the channels (depth 50), each followed by a batch norm, and a relu. The parameters are
// named as in torchvision: "layer1.0.conv1.weight", "layer2.0.downsample.1.running_mean",
// "fc.bias". Source: He et al. 2016.
struct ResnetExtent {
  std::int64_t outputs = 0;
  Initializer initializer = Initializer::kPytorch;
};
Result<ValueId> AppendResnet(Graph& graph, const ResnetSpec& spec, const ResnetExtent& extent,
                             ValueId x);

}  // namespace descent
