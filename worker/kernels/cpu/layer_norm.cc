#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/layer_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <cmath>

#include "worker/kernels/cpu/layer_norm.h"
#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

HWY_INLINE float Sum(FloatVector lanes) { return hn::GetLane(hn::SumOfLanes(FloatTag(), lanes)); }

RowMoments NormalizeRow(const NormalizedRow& row, const float* gain, const float* bias,
                        float epsilon) {
  const FloatTag tag;
  const auto size = static_cast<float>(row.size);
  FloatVector sum = hn::Zero(tag);
  for (std::size_t i = 0; i < row.size; i += hn::Lanes(tag))
    sum = hn::Add(sum, LoadPadded(row.x, i, row.size, 0));
  const float mean = Sum(sum) / size;
  const FloatVector center = hn::Set(tag, mean);
  FloatVector squares = hn::Zero(tag);
  for (std::size_t i = 0; i < row.size; i += hn::Lanes(tag)) {
    const FloatVector centered = hn::Sub(LoadPadded(row.x, i, row.size, mean), center);
    squares = hn::MulAdd(centered, centered, squares);
  }
  const float inverse_deviation = 1.0f / std::sqrt(Sum(squares) / size + epsilon);
  const FloatVector scale = hn::Set(tag, inverse_deviation);
  const auto normalize = [&](FloatVector x, FloatVector g, FloatVector b) HWY_ATTR {
    return hn::MulAdd(hn::Mul(hn::Sub(x, center), scale), g, b);
  };
  MapElements(row.size, row.out, normalize, row.x, gain, bias);
  return {mean, inverse_deviation};
}

// dx = r (g - mean(g) - n mean(g n)),  g = dy gain,  n = (x - mean) r,  r = inverse deviation.
void NormalizeRowGradient(const NormalizedRow& row, const float* dy, const float* gain,
                          RowMoments moments) {
  const FloatTag tag;
  const auto size = static_cast<float>(row.size);
  const FloatVector center = hn::Set(tag, moments.mean);
  const FloatVector scale = hn::Set(tag, moments.inverse_deviation);
  FloatVector sum = hn::Zero(tag);
  FloatVector product_sum = hn::Zero(tag);
  for (std::size_t i = 0; i < row.size; i += hn::Lanes(tag)) {
    const FloatVector g = hn::Mul(LoadPadded(dy, i, row.size, 0), LoadPadded(gain, i, row.size, 0));
    const FloatVector n =
        hn::Mul(hn::Sub(LoadPadded(row.x, i, row.size, moments.mean), center), scale);
    sum = hn::Add(sum, g);
    product_sum = hn::MulAdd(g, n, product_sum);
  }
  const FloatVector mean = hn::Set(tag, Sum(sum) / size);
  const FloatVector product_mean = hn::Set(tag, Sum(product_sum) / size);
  const auto differentiate = [&](FloatVector d, FloatVector x, FloatVector w) HWY_ATTR {
    const FloatVector n = hn::Mul(hn::Sub(x, center), scale);
    const FloatVector g = hn::Sub(hn::Mul(d, w), mean);
    return hn::Mul(scale, hn::NegMulAdd(n, product_mean, g));
  };
  MapElements(row.size, row.out, differentiate, dy, row.x, gain);
}

// sums[i] += dy[i] (x[i] - mean) r.
void AddGainGradient(const NormalizedRow& row, const float* dy, RowMoments moments) {
  const FloatTag tag;
  const FloatVector center = hn::Set(tag, moments.mean);
  const FloatVector scale = hn::Set(tag, moments.inverse_deviation);
  const auto add = [&](FloatVector sum, FloatVector d, FloatVector x)
                       HWY_ATTR { return hn::MulAdd(d, hn::Mul(hn::Sub(x, center), scale), sum); };
  MapElements(row.size, row.out, add, row.out, dy, row.x);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(NormalizeRow);
HWY_EXPORT(NormalizeRowGradient);
HWY_EXPORT(AddGainGradient);

PreparedStep PrepareLayerNorm(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  const auto epsilon = static_cast<float>(request.node.attributes.Real("epsilon"));
  return MakeRowStep({rows, {columns, 0, 0}, {columns, 1, 1}}, request.pool,
                     [=](const StepRun& run, std::size_t, std::size_t count) {
                       for (std::size_t row = 0; row < count; ++row) {
                         const std::size_t offset = row * columns;
                         const RowMoments moments = HWY_DYNAMIC_DISPATCH(NormalizeRow)(
                             {run.input(0) + offset, run.output(0) + offset, columns}, run.input(1),
                             run.input(2), epsilon);
                         run.output(1)[row] = moments.mean;
                         run.output(2)[row] = moments.inverse_deviation;
                       }
                     });
}

PreparedStep PrepareLayerNormGradient(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  return MakeRowStep({rows, {columns, columns, 0, 1, 1}, {columns}}, request.pool,
                     [=](const StepRun& run, std::size_t, std::size_t count) {
                       for (std::size_t row = 0; row < count; ++row) {
                         const std::size_t offset = row * columns;
                         HWY_DYNAMIC_DISPATCH(NormalizeRowGradient)
                         ({run.input(1) + offset, run.output(0) + offset, columns},
                          run.input(0) + offset, run.input(2),
                          {run.input(3)[row], run.input(4)[row]});
                       }
                     });
}

PreparedStep PrepareLayerNormGainGradient(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  // At least a cache line of columns, so that threads do not share one.
  const std::size_t run_columns = std::max<std::size_t>(16, RowsPerRun(rows) / 16 * 16);
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, columns, run_columns, [&](std::size_t first, std::size_t count) {
      float* sums = run.output(0) + first;
      if (mode == OutputMode::kWrite) std::fill_n(sums, count, 0.0f);
      for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t offset = row * columns + first;
        HWY_DYNAMIC_DISPATCH(AddGainGradient)
        ({run.input(1) + offset, sums, count}, run.input(0) + offset,
         {run.input(2)[row], run.input(3)[row]});
      }
    });
  });
}

}  // namespace descent::cpu
#endif
