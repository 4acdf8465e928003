#pragma once

#include <algorithm>
#include <vector>

#include "common/check.h"

namespace descent {

// Of at least one number; of an even count the mean of the middle two.
inline double Median(std::vector<double> numbers) {
  DESCENT_CHECK(!numbers.empty());
  std::ranges::sort(numbers);
  const std::size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

}  // namespace descent
