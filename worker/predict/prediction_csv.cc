#include "worker/predict/prediction_csv.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

std::string Columns(const std::string& name, std::int64_t count) {
  if (count == 1) return "," + name;
  std::string columns;
  for (std::int64_t i = 0; i < count; ++i) columns += fmt::format(",{}_{}", name, i);
  return columns;
}

std::string Number(float value) { return fmt::format(",{}", value); }

// As RFC 4180 has it: quoted where it holds what ends a field.
std::string Field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::int64_t LikeliestClass(std::span<const double> probabilities) {
  return std::ranges::max_element(probabilities) - probabilities.begin();
}

PredictionCsv::PredictionCsv(Options options) : options_(std::move(options)) {
  if (!options_.is_of_classes) return;
  const bool has_names = !options_.class_names.empty();
  DESCENT_CHECK(!has_names || std::ssize(options_.class_names) == options_.value_count);
  for (std::int64_t label = 0; label < options_.value_count; ++label)
    class_names_.push_back(has_names ? options_.class_names[static_cast<std::size_t>(label)]
                                     : fmt::to_string(label));
}

std::string PredictionCsv::Head() const {
  const SampleFormat& format = options_.format;
  if (!options_.is_of_classes)
    return "sample" + Columns("predicted", options_.value_count) +
           (format.target_count > 0 ? Columns("target", options_.value_count) : "") + "\n";
  std::string head = "sample,predicted";
  for (const std::string& name : class_names_)
    head += fmt::format(",{}", Field("probability_" + name));
  return head + (format.label_count > 0 ? ",label,correct" : "") + "\n";
}

std::string PredictionCsv::Line(const PredictedSample& predicted) const {
  std::string line = fmt::format("{}", predicted.sample);
  const std::int64_t likeliest = options_.is_of_classes ? LikeliestClass(predicted.values) : 0;
  if (options_.is_of_classes) line += fmt::format(",{}", Field(NameOf(likeliest)));
  for (const double value : predicted.values) line += Number(static_cast<float>(value));
  for (const std::int32_t label : predicted.labels)
    line += label == kIgnoredLabel
                ? ",,"
                : fmt::format(",{},{}", Field(NameOf(label)), label == likeliest ? 1 : 0);
  for (const float target : predicted.targets) line += Number(target);
  return line + "\n";
}

const std::string& PredictionCsv::NameOf(std::int64_t label) const {
  return class_names_[static_cast<std::size_t>(label)];
}

}  // namespace descent
