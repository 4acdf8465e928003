#pragma once

#include <memory>

#include "common/result.h"
#include "worker/checkpoint/model_description.h"
#include "worker/data/dataset.h"
#include "worker/predict/asked_data.h"

namespace descent {

// The samples of `asked`, in the model's sample format: its classes, and labels or targets where
// the data have them. Blocks.
//   kInvalidArgument     what is said of the data contradicts itself, or they are not readable, or
//                        do not fit the model: both shapes are named
//   kFailedPrecondition  the checkpoint does not say how its samples were read
Result<std::unique_ptr<const Dataset>> LoadForModel(const ModelDescription& description,
                                                    const AskedData& asked);

// Whether there is something to compare predictions with.
bool HasAnswers(const SampleFormat& format);

}  // namespace descent
