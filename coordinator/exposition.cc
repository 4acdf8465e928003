#include "coordinator/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace descent {
namespace {

constexpr std::string_view kCounterSuffix = "_total";

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string Escape(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string Labels(std::span<const MetricLabel> labels) {
  std::string text;
  for (const MetricLabel& label : labels)
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", label.name, Escape(label.value));
  return text.empty() ? "" : "{" + text + "}";
}

}  // namespace

std::string_view ContentTypeOf(ExpositionFormat format) {
  return format == ExpositionFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void Exposition::Family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  const bool is_named_without = format_ == ExpositionFormat::kOpenMetrics && type == "counter" &&
                                name.ends_with(kCounterSuffix);
  if (is_named_without) name.remove_suffix(kCounterSuffix.size());
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::Sample(std::span<const MetricLabel> labels, double value,
                        std::string_view suffix) {
  text_ += fmt::format("{}{}{} {}\n", name_, suffix, Labels(labels), Number(value));
}

void Exposition::Samples(const std::vector<MetricLabel>& labels, const Histogram& values) {
  std::int64_t at_most = 0;
  for (std::size_t i = 0; i < values.counts.size(); ++i) {
    at_most += values.counts[i];
    const bool is_last = i == values.bounds.size();
    const std::string bound = is_last ? "+Inf" : BoundText(values.bounds[i]);
    std::vector<MetricLabel> with_bound = labels;
    with_bound.push_back({"le", bound});
    Sample(with_bound, static_cast<double>(at_most), "_bucket");
  }
  Sample(labels, values.sum, "_sum");
  Sample(labels, static_cast<double>(at_most), "_count");
}

void Exposition::Single(std::string_view name, std::string_view type, std::string_view help,
                        double value) {
  Family(name, type, help);
  Sample({}, value);
}

std::string Exposition::Take() {
  if (format_ == ExpositionFormat::kOpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

// OpenMetrics has "1.0" where the older format may have "1".
std::string Exposition::BoundText(double bound) const {
  std::string text = Number(bound);
  if (format_ == ExpositionFormat::kOpenMetrics && text.find('.') == std::string::npos)
    text += ".0";
  return text;
}

}  // namespace descent
