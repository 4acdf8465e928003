#pragma once

#include <string_view>

#include "common/job_spec.h"
#include "common/spec_checker.h"

namespace descent {

// As the job file has it: "cross_entropy".
std::string_view LossName(Loss loss);

// The part of ValidateJobSpec that is about the loss and its options.
void CheckLoss(const ModelSpec& model, SpecChecker& checker);

}  // namespace descent
