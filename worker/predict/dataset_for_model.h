#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "worker/checkpoint/model_description.h"
#include "worker/data/dataset.h"

namespace descent {

// The samples in `path`, read as the model's training set was, and in the model's sample format:
// its classes, and labels or targets where the data have them. Blocks.
//   kInvalidArgument     the data are not readable, or do not fit the model: both shapes are named
//   kFailedPrecondition  the checkpoint does not say how its samples were read
Result<std::unique_ptr<const Dataset>> LoadForModel(const ModelDescription& description,
                                                    const std::string& path);

// Whether there is something to compare predictions with.
bool HasAnswers(const SampleFormat& format);

}  // namespace descent
