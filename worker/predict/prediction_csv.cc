#include "worker/predict/prediction_csv.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace descent {
namespace {

std::string Columns(const std::string& name, std::int64_t count) {
  if (count == 1) return "," + name;
  std::string columns;
  for (std::int64_t i = 0; i < count; ++i) columns += fmt::format(",{}_{}", name, i);
  return columns;
}

std::string Number(float value) { return fmt::format(",{}", value); }

}  // namespace

std::int64_t LikeliestClass(std::span<const double> probabilities) {
  return std::ranges::max_element(probabilities) - probabilities.begin();
}

std::string PredictionHead(bool is_of_classes, std::int64_t value_count,
                           const SampleFormat& format) {
  if (!is_of_classes)
    return "sample" + Columns("predicted", value_count) +
           (format.target_count > 0 ? Columns("target", value_count) : "") + "\n";
  return "sample,predicted" + Columns("probability", value_count) +
         (format.label_count > 0 ? ",label,correct" : "") + "\n";
}

std::string PredictionLine(bool is_of_classes, const PredictedSample& predicted) {
  std::string line = fmt::format("{}", predicted.sample);
  const std::int64_t likeliest = is_of_classes ? LikeliestClass(predicted.values) : 0;
  if (is_of_classes) line += fmt::format(",{}", likeliest);
  for (const double value : predicted.values) line += Number(static_cast<float>(value));
  for (const std::int32_t label : predicted.labels)
    line +=
        label == kIgnoredLabel ? ",," : fmt::format(",{},{}", label, label == likeliest ? 1 : 0);
  for (const float target : predicted.targets) line += Number(target);
  return line + "\n";
}

}  // namespace descent
