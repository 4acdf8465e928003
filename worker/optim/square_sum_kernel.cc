#include "worker/optim/square_sum_kernel.h"

#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/optim/square_sum_kernel.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace descent {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

double SumSquares(const float* values, std::size_t count) {
  constexpr std::size_t kSums = 16;
  const hn::CappedTag<double, 8> wide;
  const hn::Rebind<float, decltype(wide)> narrow;
  constexpr std::size_t kWidth = hn::MaxLanes(wide);
  std::array<hn::Vec<decltype(wide)>, kSums / kWidth> vectors;
  vectors.fill(hn::Zero(wide));
  std::size_t i = 0;
  for (; i + kSums <= count; i += kSums)
    for (std::size_t v = 0; v < vectors.size(); ++v) {
      const auto value = hn::PromoteTo(wide, hn::LoadU(narrow, values + i + v * kWidth));
      vectors[v] = hn::Add(vectors[v], hn::Mul(value, value));
    }

  std::array<double, kSums> sums;
  for (std::size_t v = 0; v < vectors.size(); ++v)
    hn::StoreU(vectors[v], wide, sums.data() + v * kWidth);
  for (; i < count; ++i) sums[i % kSums] += double{values[i]} * values[i];
  double sum = 0;
  for (const double partial : sums) sum += partial;
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace descent
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent {

HWY_EXPORT(SumSquares);

double SumOfSquares(const float* values, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(SumSquares)(values, count);
}

}  // namespace descent
#endif
