#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "checkpoint/manifest.h"
#include "common/aligned_buffer.h"
#include "common/result.h"
#include "worker/checkpoint/model_description.h"
#include "worker/checkpoint/tensor.h"
#include "worker/plan/parameter_layout.h"

namespace descent {

// The model of a checkpoint, as it is exported.
struct CheckpointModel {
  CheckpointDescription checkpoint;
  ModelDescription description;
  ParameterLayout layout;
  AlignedBuffer parameters;  // [layout.element_count]
};

// Reads .../step-<n>, without the optimizer's state. Blocks.
//   kNotFound, kDataLoss  there is no such checkpoint, or it is not whole
Result<CheckpointModel> ReadCheckpointModel(const std::filesystem::path& checkpoint);

// Its parameters and statistics, in the order in which a checkpoint has them. They look into
// `model`.
std::vector<TensorView> TensorsOf(const CheckpointModel& model);

}  // namespace descent
