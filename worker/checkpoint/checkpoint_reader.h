#pragma once

#include <filesystem>
#include <span>

#include "checkpoint/published_files.h"
#include "common/result.h"
#include "worker/checkpoint/model_description.h"
#include "worker/checkpoint/tensor.h"

namespace descent {

// Everything here blocks, and trusts no byte that it has not compared with a digest.
//   kNotFound  there is no such directory
//   kDataLoss  a bit of it has changed: the message names the file and the chunk. Use an older one
//   kFailedPrecondition  it has a format that this program does not know

// Reads all of a checkpoint and compares every byte with the manifest.
Result<Manifest> VerifyCheckpoint(const std::filesystem::path& checkpoint);

// Verifies a checkpoint and copies its tensors into the targets of the same names. The order of the
// targets is free. After any error no target has changed.
//   kFailedPrecondition  tensors are missing, unexpected or of another shape: a line for each
Result<Manifest> LoadCheckpoint(const std::filesystem::path& checkpoint,
                                std::span<const TensorTarget> parameters,
                                std::span<const TensorTarget> optimizer);

// A model without its optimizer's state, which is not read.
//   kFailedPrecondition  as LoadCheckpoint
Result<Manifest> LoadModel(const std::filesystem::path& checkpoint,
                           std::span<const TensorTarget> parameters);

// What the model is.
Result<ModelDescription> ReadModelDescription(const std::filesystem::path& checkpoint);

}  // namespace descent
