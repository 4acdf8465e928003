#include "worker/optim/clip.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "common/check.h"

namespace descent {
namespace {

// The running sums of a block: element i goes to sum i % kLanes, whatever the vector width.
constexpr std::size_t kLanes = 16;

double SumOfSquares(std::span<const float> block) {
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= block.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double value = block[i + lane];
      sums[lane] += value * value;
    }
  for (; i < block.size(); ++i) sums[i % kLanes] += double{block[i]} * block[i];

  double sum = 0;
  for (const double lane_sum : sums) sum += lane_sum;
  return sum;
}

}  // namespace

std::int64_t NormBlockCount(std::int64_t value_count) {
  return (value_count + kNormBlockElements - 1) / kNormBlockElements;
}

void SumSquaresOfBlocks(std::span<const float> values, std::span<double> sums) {
  DESCENT_CHECK(static_cast<std::int64_t>(sums.size()) ==
                NormBlockCount(static_cast<std::int64_t>(values.size())));
  for (double& sum : sums) {
    const std::size_t size = std::min(values.size(), static_cast<std::size_t>(kNormBlockElements));
    sum = SumOfSquares(values.first(size));
    values = values.subspan(size);
  }
}

double NormOfBlocks(std::span<const double> sums) {
  double sum = 0;
  for (const double block_sum : sums) sum += block_sum;
  return std::sqrt(sum);
}

double ClipFactor(double norm, double max_norm) {
  DESCENT_CHECK(std::isfinite(norm));
  DESCENT_CHECK(norm >= 0);
  DESCENT_CHECK(max_norm >= 0);
  if (max_norm == 0) return 1;
  return std::min(1.0, max_norm / (norm + 1e-6));
}

}  // namespace descent
