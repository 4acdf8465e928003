#pragma once

#include <cstdint>
#include <string>

namespace descent {

// The range of some numbers, for people. One thread.
class ValueSummary {
 public:
  void Add(double value);  // NaN is counted apart

  std::int64_t count() const { return count_; }
  // "min 0, mean 0.286, max 1", and "2 NaN" where there are; "no values".
  std::string Text() const;

 private:
  std::int64_t count_ = 0;
  std::int64_t nan_count_ = 0;
  double min_ = 0;
  double max_ = 0;
  double sum_ = 0;
};

}  // namespace descent
