#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/sample_format.h"
#include "worker/graph/graph.h"

namespace descent {

// How many numbers a model says for each label, or for the targets of a sample: one for each class
// or target, and one for two classes that are told apart by binary cross-entropy.
// kInvalidArgument: that loss cannot learn from such samples.
Result<std::int64_t> OutputCount(const ModelSpec& model, const SampleFormat& format);

// Appends the model's loss of ports.logits, [M, outputs], and what is measured beside it: sets
// labels or targets, losses, and of labels correct and top_five. `batch_rows` samples.
Status AppendLoss(Graph& graph, const ModelSpec& model, const SampleFormat& format,
                  std::int64_t batch_rows, ModelPorts& ports);

}  // namespace descent
