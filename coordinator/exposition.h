#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/counters.h"

namespace descent {

enum class ExpositionFormat {
  kPrometheus,   // its text format 0.0.4
  kOpenMetrics,  // 1.0.0: a counter's family is named without "_total", and "# EOF" is at the end
};

std::string_view ContentTypeOf(ExpositionFormat format);

struct MetricLabel {
  std::string_view name;
  std::string_view value;
};

// Writes families one after the other: a head, then its samples. One thread.
// Sources: https://prometheus.io/docs/instrumenting/exposition_formats and
// https://prometheus.io/docs/specs/om/open_metrics_spec
class Exposition {
 public:
  explicit Exposition(ExpositionFormat format) : format_(format) {}

  // `type`: "gauge", "histogram" or "counter", whose name ends in "_total".
  void Family(std::string_view name, std::string_view type, std::string_view help);
  void Sample(std::initializer_list<MetricLabel> labels, double value) {
    Sample(std::span(labels), value, "");
  }
  void Sample(std::span<const MetricLabel> labels, double value, std::string_view suffix);
  // The samples of a histogram.
  void Samples(const std::vector<MetricLabel>& labels, const Histogram& values);
  void Single(std::string_view name, std::string_view type, std::string_view help, double value);

  std::string Take();  // once, at the end

 private:
  std::string BoundText(double bound) const;

  const ExpositionFormat format_;
  std::string name_;
  std::string text_;
};

}  // namespace descent
