#pragma once

#include <span>
#include <vector>

#include "common/job_spec.h"

namespace descent {

// What the outputs of a model say, in double, by the loss that it has learned from. Pure functions;
// equal outputs give equal bits on every machine. NaN gives NaN.

// The number that is predicted where the output is `logit`: itself, or of binary cross-entropy the
// probability 1 / (1 + exp(-logit)).
double PredictedNumber(Loss loss, float logit);
std::vector<double> PredictedNumbers(Loss loss, std::span<const float> logits);

// The probability of each class: softmax of the logits [classes]; of binary cross-entropy, which
// has one logit, those of the classes 0 and 1.
std::vector<double> ClassProbabilities(Loss loss, std::span<const float> logits);

}  // namespace descent
