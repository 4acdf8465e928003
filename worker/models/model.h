#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/sample_format.h"
#include "worker/graph/graph.h"

namespace descent {

// The forward pass of a model on `batch_rows` samples of a format, with its ports set. The
// parameters, their names and their order do not depend on batch_rows, which is >= 1.
// kInvalidArgument: the model or its loss cannot learn from such samples.
//
// An MLP (mlp.h), of which linear and logistic regression are the ones without hidden layers,
// learns from features, a GPT (gpt.h) from tokens, a convnet, which is layers (layers.h) said
// shortly, and a ResNet (resnet.h) from images, and layers from images or features. Parameters have
// the names and shapes that they have in PyTorch, so trained weights can be exchanged;
// initializer.h says how they start.
Result<Graph> BuildModel(const ModelSpec& spec, const SampleFormat& format,
                         std::int64_t batch_rows);

}  // namespace descent
