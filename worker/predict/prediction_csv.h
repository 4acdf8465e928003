#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/sample_format.h"

namespace descent {

// What is said of one sample, and what was to be said, where that is known.
struct PredictedSample {
  std::int64_t sample = 0;
  std::span<const double> values;        // probabilities by class, or numbers
  std::span<const std::int32_t> labels;  // one, or none
  std::span<const float> targets;        // as many as values, or none
};

// The class of the largest probability; of equal ones the first.
std::int64_t LikeliestClass(std::span<const double> probabilities);

// The first line of a table of predictions, for samples of this format and `value_count` values:
//   sample,predicted,probability_0,…,probability_9,label,correct   of classes
//   sample,predicted_0,predicted_1,target_0,target_1               of numbers; of one: no _0
// The columns after the values only where the data have labels or targets; of a label that is
// ignored they are empty.
std::string PredictionHead(bool is_of_classes, std::int64_t value_count,
                           const SampleFormat& format);

// One line of it, with its newline. Values have as many digits as tell two f32 apart.
std::string PredictionLine(bool is_of_classes, const PredictedSample& predicted);

}  // namespace descent
