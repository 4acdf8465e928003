#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/rms_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <cmath>

#include "worker/kernels/cpu/layer_norm.h"
#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// Returns 1 / sqrt(mean(x^2) + epsilon).
float ScaleRow(const NormalizedRow& row, const float* gain, float epsilon) {
  const FloatTag tag;
  FloatVector squares = hn::Zero(tag);
  for (std::size_t i = 0; i < row.size; i += hn::Lanes(tag)) {
    const FloatVector x = LoadPadded(row.x, i, row.size, 0);
    squares = hn::MulAdd(x, x, squares);
  }
  const float sum = hn::GetLane(hn::SumOfLanes(tag, squares));
  const float inverse_rms = 1.0f / std::sqrt(sum / static_cast<float>(row.size) + epsilon);
  const FloatVector scale = hn::Set(tag, inverse_rms);
  const auto normalize = [&](FloatVector x, FloatVector g)
                             HWY_ATTR { return hn::Mul(hn::Mul(x, scale), g); };
  MapElements(row.size, row.out, normalize, row.x, gain);
  return inverse_rms;
}

// dx = r (g - n mean(g n)),  g = dy gain,  n = x r,  r = inverse_rms.
void ScaleRowGradient(const NormalizedRow& row, const float* dy, const float* gain,
                      float inverse_rms) {
  const FloatTag tag;
  const FloatVector scale = hn::Set(tag, inverse_rms);
  FloatVector products = hn::Zero(tag);
  for (std::size_t i = 0; i < row.size; i += hn::Lanes(tag)) {
    const FloatVector g = hn::Mul(LoadPadded(dy, i, row.size, 0), LoadPadded(gain, i, row.size, 0));
    products = hn::MulAdd(g, hn::Mul(LoadPadded(row.x, i, row.size, 0), scale), products);
  }
  const float sum = hn::GetLane(hn::SumOfLanes(tag, products));
  const FloatVector mean = hn::Set(tag, sum / static_cast<float>(row.size));
  const auto differentiate = [&](FloatVector d, FloatVector x, FloatVector w) HWY_ATTR {
    const FloatVector n = hn::Mul(x, scale);
    return hn::Mul(scale, hn::NegMulAdd(n, mean, hn::Mul(d, w)));
  };
  MapElements(row.size, row.out, differentiate, dy, row.x, gain);
}

// sums[i] += dy[i] x[i] r.
void AddScaleGradient(const NormalizedRow& row, const float* dy, float inverse_rms) {
  const FloatVector scale = hn::Set(FloatTag(), inverse_rms);
  const auto add = [&](FloatVector sum, FloatVector d, FloatVector x)
                       HWY_ATTR { return hn::MulAdd(d, hn::Mul(x, scale), sum); };
  MapElements(row.size, row.out, add, row.out, dy, row.x);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(ScaleRow);
HWY_EXPORT(ScaleRowGradient);
HWY_EXPORT(AddScaleGradient);

PreparedStep PrepareRmsNorm(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  const auto epsilon = static_cast<float>(request.node.attributes.Real("epsilon"));
  return MakeRowStep({rows, {columns, 0}, {columns, 1}}, request.pool,
                     [=](const StepRun& run, std::size_t, std::size_t count) {
                       for (std::size_t row = 0; row < count; ++row) {
                         const std::size_t offset = row * columns;
                         run.output(1)[row] = HWY_DYNAMIC_DISPATCH(ScaleRow)(
                             {run.input(0) + offset, run.output(0) + offset, columns}, run.input(1),
                             epsilon);
                       }
                     });
}

PreparedStep PrepareRmsNormGradient(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  return MakeRowStep({rows, {columns, columns, 0, 1}, {columns}}, request.pool,
                     [=](const StepRun& run, std::size_t, std::size_t count) {
                       for (std::size_t row = 0; row < count; ++row) {
                         const std::size_t offset = row * columns;
                         HWY_DYNAMIC_DISPATCH(ScaleRowGradient)
                         ({run.input(1) + offset, run.output(0) + offset, columns},
                          run.input(0) + offset, run.input(2), run.input(3)[row]);
                       }
                     });
}

PreparedStep PrepareRmsNormGainGradient(const KernelRequest& request) {
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
        HWY_DYNAMIC_DISPATCH(AddScaleGradient)
        ({run.input(1) + offset, sums, count}, run.input(0) + offset, run.input(2)[row]);
      }
    });
  });
}

}  // namespace descent::cpu
#endif
