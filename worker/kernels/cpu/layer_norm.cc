#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/layer_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <cmath>

#include "worker/kernels/cpu/column_sums-inl.h"
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

// dy (x - mean) r.
template <typename Dy, typename X>
struct GainTerms {
  explicit GainTerms(const GainColumns& columns)
      : dy(static_cast<const Dy*>(columns.dy) + columns.first),
        x(static_cast<const X*>(columns.x) + columns.first),
        stride(columns.stride),
        rows(columns.rows),
        means(columns.means),
        inverse_deviations(columns.inverse_deviations) {}

  HWY_INLINE void Ask(std::size_t row, std::size_t column, std::size_t count) const {
    AskForRow(dy + row * stride + column, count);
    AskForRow(x + row * stride + column, count);
  }
  HWY_INLINE FloatVector Vector(std::size_t row, std::size_t column) const {
    const FloatTag tag;
    const FloatVector centered =
        hn::Sub(LoadFloats(x + row * stride + column), hn::Set(tag, means[row]));
    const FloatVector normalized = hn::Mul(centered, hn::Set(tag, inverse_deviations[row]));
    return hn::Mul(LoadFloats(dy + row * stride + column), normalized);
  }
  HWY_INLINE float One(std::size_t row, std::size_t column) const {
    const float centered = LoadFloat(x + row * stride + column) - means[row];
    return LoadFloat(dy + row * stride + column) * (centered * inverse_deviations[row]);
  }

  const Dy* const dy;
  const X* const x;
  const std::size_t stride, rows;
  const float* const means;
  const float* const inverse_deviations;
};

void SumGains(const GainColumns& columns, OutputMode mode, float* sums) {
  const auto sum = [&](const auto& terms)
                       HWY_ATTR { SumTerms(terms, columns.columns, mode, sums); };
  const bool is_dy_wide = columns.dy_type == DataType::kFloat32;
  if (columns.x_type == DataType::kFloat32) {
    if (is_dy_wide) return sum(GainTerms<float, float>(columns));
    return sum(GainTerms<std::uint16_t, float>(columns));
  }
  if (is_dy_wide) return sum(GainTerms<float, std::uint16_t>(columns));
  return sum(GainTerms<std::uint16_t, std::uint16_t>(columns));
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(NormalizeRow);
HWY_EXPORT(NormalizeRowGradient);
HWY_EXPORT(SumGains);

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
  const DataType dy_type = request.input(0).type, x_type = request.input(1).type;
  // As many as several sums on the way at once have.
  const std::size_t run_columns = std::max<std::size_t>(64, RowsPerRun(rows) / 64 * 64);
  return MakeStep([=, mode = request.mode, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, columns, run_columns, [&](std::size_t first, std::size_t count) {
      HWY_DYNAMIC_DISPATCH(SumGains)
      ({.dy = run.inputs[0],
        .x = run.inputs[1],
        .dy_type = dy_type,
        .x_type = x_type,
        .first = first,
        .stride = columns,
        .rows = rows,
        .columns = count,
        .means = run.input(2),
        .inverse_deviations = run.input(3)},
       mode, run.output(0) + first);
    });
  });
}

}  // namespace descent::cpu
#endif
