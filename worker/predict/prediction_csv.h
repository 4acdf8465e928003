#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

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

// A table of predictions, whose first line is
//   sample,predicted,probability_0,…,probability_9,label,correct   of classes
//   sample,predicted_0,predicted_1,target_0,target_1               of numbers; of one: no _0
// The columns after the values only where the data have labels or targets; of a label that is
// ignored they are empty. Classes that have names are called by them. Immutable.
class PredictionCsv {
 public:
  struct Options {
    bool is_of_classes = false;
    std::int64_t value_count = 0;          // classes, or numbers
    std::vector<std::string> class_names;  // by label; empty: their numbers
    SampleFormat format;                   // of the samples
  };

  explicit PredictionCsv(Options options);

  // Lines with their newline. Values have as many digits as tell two f32 apart.
  std::string Head() const;
  std::string Line(const PredictedSample& predicted) const;

 private:
  const std::string& NameOf(std::int64_t label) const;

  const Options options_;
  std::vector<std::string> class_names_;  // by label; of numbers none
};

}  // namespace descent
