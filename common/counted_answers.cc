#include "common/counted_answers.h"

#include <algorithm>

namespace descent {

std::int64_t CountAnswers(std::span<const std::int32_t> labels, std::int64_t samples) {
  if (labels.empty()) return samples;
  return std::ssize(labels) - std::ranges::count(labels, kIgnoredLabel);
}

double CountedSamples(std::int64_t counted_answers, const SampleFormat& format) {
  const std::int64_t answers_of_sample = std::max<std::int64_t>(1, format.label_count);
  return static_cast<double>(counted_answers) / static_cast<double>(answers_of_sample);
}

}  // namespace descent
