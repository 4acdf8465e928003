#include "worker/optim/clip.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "common/check.h"
#include "worker/optim/square_sum_kernel.h"

namespace descent {

std::int64_t NormBlockCount(std::int64_t value_count) {
  return (value_count + kNormBlockElements - 1) / kNormBlockElements;
}

void SumSquaresOfBlocks(std::span<const float> values, std::span<double> sums) {
  DESCENT_CHECK(static_cast<std::int64_t>(sums.size()) ==
                NormBlockCount(static_cast<std::int64_t>(values.size())));
  for (double& sum : sums) {
    const std::size_t size = std::min(values.size(), static_cast<std::size_t>(kNormBlockElements));
    sum = SumOfSquares(values.data(), size);
    values = values.subspan(size);
  }
}

void SumSquaresOfBlocks(std::span<const float> values, IndexRange range,
                        std::span<const IndexRange> counted, std::span<double> sums) {
  DESCENT_CHECK(std::ssize(values) == range.size());
  DESCENT_CHECK(std::ssize(sums) == NormBlockCount(range.size()));
  auto part = std::ranges::upper_bound(counted, range.first, {}, &IndexRange::last);
  std::int64_t block_first = range.first;
  for (double& sum : sums) {
    const std::int64_t block_last = std::min(range.last, block_first + kNormBlockElements);
    sum = 0;
    while (part != counted.end() && part->last <= block_first) ++part;
    for (auto next = part; next != counted.end() && next->first < block_last; ++next) {
      const std::int64_t first = std::max(block_first, next->first);
      const std::int64_t last = std::min(block_last, next->last);
      sum += SumOfSquares(values.data() + (first - range.first),
                          static_cast<std::size_t>(last - first));
    }
    block_first = block_last;
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
