#include "worker/data/value_summary.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

namespace descent {

void ValueSummary::Add(double value) {
  if (std::isnan(value)) {
    ++nan_count_;
    return;
  }
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  sum_ += value;
  ++count_;
}

std::string ValueSummary::Text() const {
  const std::string nan = nan_count_ > 0 ? fmt::format(", {} NaN", nan_count_) : "";
  if (count_ == 0) return "no values" + nan;
  return fmt::format("min {:.6g}, mean {:.6g}, max {:.6g}{}", min_,
                     sum_ / static_cast<double>(count_), max_, nan);
}

}  // namespace descent
