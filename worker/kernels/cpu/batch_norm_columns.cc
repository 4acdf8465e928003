#include <algorithm>
#include <array>
#include <cmath>

#include "worker/kernels/cpu/batch_norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/batch_norm_columns.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

// Channels of samples without planes lie side by side. Sums over samples are plain loops over some
// channels of each sample, which the compiler turns into vectors for each instruction set; a
// channel's sum is in the order of samples, as where it has planes.

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void ColumnMeans(const ColumnRun& run, const float* x, ColumnMoments& moments) {
  std::array<double, kColumnsOfRun> sums = {};
  for (std::size_t sample = 0; sample < run.samples; ++sample)
    for (std::size_t c = 0; c < run.count; ++c) sums[c] += double{x[sample * run.stride + c]};
  for (std::size_t c = 0; c < run.count; ++c) {
    moments.mean[c] = sums[c] / static_cast<double>(run.samples);
    moments.center[c] = static_cast<float>(moments.mean[c]);
  }
}

void ColumnSquares(const ColumnRun& run, const float* x, ColumnMoments& moments) {
  std::fill_n(moments.squares.begin(), run.count, 0.0);
  for (std::size_t sample = 0; sample < run.samples; ++sample)
    for (std::size_t c = 0; c < run.count; ++c) {
      const float centered = x[sample * run.stride + c] - moments.center[c];
      moments.squares[c] += double{centered * centered};
    }
}

void NormalizeColumns(const ColumnRun& run, const float* x, const ColumnScale& scale, float* y) {
  const auto normalize = [](FloatVector v, FloatVector center, FloatVector slope, FloatVector bias)
                             HWY_ATTR { return hn::MulAdd(hn::Sub(v, center), slope, bias); };
  for (std::size_t sample = 0; sample < run.samples; ++sample)
    MapElements(run.count, y + sample * run.stride, normalize, x + sample * run.stride,
                scale.center.data(), scale.slope.data(), scale.bias);
}

// As DifferentiateChannel of batch_norm.cc.
void DifferentiateColumns(const ColumnRun& run, const ColumnGradientArrays& arrays) {
  std::array<double, kColumnsOfRun> dbias = {}, dgain = {};
  for (std::size_t sample = 0; sample < run.samples; ++sample)
    for (std::size_t c = 0; c < run.count; ++c) {
      const float d = arrays.dy[sample * run.stride + c];
      const float n =
          (arrays.x[sample * run.stride + c] - arrays.mean[c]) * arrays.inverse_deviation[c];
      dbias[c] += double{d};
      dgain[c] += double{d * n};
    }
  std::array<float, kColumnsOfRun> mean, product_mean, slope;
  const auto size = static_cast<double>(run.samples);
  for (std::size_t c = 0; c < run.count; ++c) {
    mean[c] = static_cast<float>(dbias[c] / size);
    product_mean[c] = static_cast<float>(dgain[c] / size);
    slope[c] = arrays.inverse_deviation[c] * arrays.gain[c];
    arrays.dgain[c] = static_cast<float>(dgain[c]);
    arrays.dbias[c] = static_cast<float>(dbias[c]);
  }
  const auto differentiate = [](FloatVector d, FloatVector v, FloatVector center,
                                FloatVector inverse, FloatVector dy_mean, FloatVector n_mean,
                                FloatVector scale) HWY_ATTR {
    const FloatVector n = hn::Mul(hn::Sub(v, center), inverse);
    return hn::Mul(scale, hn::NegMulAdd(n, n_mean, hn::Sub(d, dy_mean)));
  };
  for (std::size_t sample = 0; sample < run.samples; ++sample) {
    const std::size_t offset = sample * run.stride;
    MapElements(run.count, arrays.dx + offset, differentiate, arrays.dy + offset, arrays.x + offset,
                arrays.mean, arrays.inverse_deviation, mean.data(), product_mean.data(),
                slope.data());
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(ColumnMeans);
HWY_EXPORT(ColumnSquares);
HWY_EXPORT(NormalizeColumns);
HWY_EXPORT(DifferentiateColumns);

namespace {

// Calls body(run, its first channel) for all channels.
template <typename Body>
void ForEachColumnRun(ThreadPool& pool, const ChannelLayout& layout, const Body& body) {
  const std::size_t columns =
      std::clamp<std::size_t>(RowsPerRun(layout.samples) / 16 * 16, 16, kColumnsOfRun);
  ForEachRun(pool, layout.channels, columns, [&](std::size_t first, std::size_t count) {
    body(ColumnRun{.samples = layout.samples, .count = count, .stride = layout.stride}, first);
  });
}

}  // namespace

std::unique_ptr<Step> PrepareBatchNormOfColumns(const KernelRequest& request,
                                                const ChannelLayout& layout) {
  const double epsilon = request.node.attributes.Real("epsilon");
  return MakeStep([=, &pool = request.pool](const StepRun& step) {
    ForEachColumnRun(pool, layout, [&](const ColumnRun& run, std::size_t first) {
      const float* const x = step.input(0) + first;
      ColumnMoments moments;
      HWY_DYNAMIC_DISPATCH(ColumnMeans)(run, x, moments);
      HWY_DYNAMIC_DISPATCH(ColumnSquares)(run, x, moments);
      ColumnScale scale{.center = moments.center, .slope = {}, .bias = step.input(2) + first};
      const auto size = static_cast<double>(layout.samples);
      for (std::size_t i = 0; i < run.count; ++i) {
        const std::size_t c = first + i;
        const float inverse = InverseDeviation(moments.squares[i] / size, epsilon);
        scale.slope[i] = inverse * step.input(1)[c];
        const double variance =
            layout.samples > 1 ? moments.squares[i] / (size - 1) : double{step.input(4)[c]};
        step.output(1)[c] = moments.center[i];
        step.output(2)[c] = inverse;
        step.output(3)[c] = static_cast<float>(size * moments.mean[i]);
        step.output(4)[c] = static_cast<float>(size * variance);
      }
      HWY_DYNAMIC_DISPATCH(NormalizeColumns)(run, x, scale, step.output(0) + first);
    });
  });
}

std::unique_ptr<Step> PrepareBatchNormInferenceOfColumns(const KernelRequest& request,
                                                         const ChannelLayout& layout) {
  const double epsilon = request.node.attributes.Real("epsilon");
  return MakeStep([=, &pool = request.pool](const StepRun& step) {
    ForEachColumnRun(pool, layout, [&](const ColumnRun& run, std::size_t first) {
      ColumnScale scale{.center = {}, .slope = {}, .bias = step.input(2) + first};
      for (std::size_t i = 0; i < run.count; ++i) {
        const std::size_t c = first + i;
        scale.center[i] = step.input(3)[c];
        scale.slope[i] = InverseDeviation(step.input(4)[c], epsilon) * step.input(1)[c];
      }
      HWY_DYNAMIC_DISPATCH(NormalizeColumns)
      (run, step.input(0) + first, scale, step.output(0) + first);
    });
  });
}

std::unique_ptr<Step> PrepareBatchNormGradientOfColumns(const KernelRequest& request,
                                                        const ChannelLayout& layout) {
  return MakeStep([=, &pool = request.pool](const StepRun& step) {
    ForEachColumnRun(pool, layout, [&](const ColumnRun& run, std::size_t first) {
      HWY_DYNAMIC_DISPATCH(DifferentiateColumns)
      (run, {.dy = step.input(0) + first,
             .x = step.input(1) + first,
             .gain = step.input(2) + first,
             .mean = step.input(3) + first,
             .inverse_deviation = step.input(4) + first,
             .dx = step.output(0) + first,
             .dgain = step.output(1) + first,
             .dbias = step.output(2) + first});
    });
  });
}

}  // namespace descent::cpu
#endif
