#include "worker/kernels/cpu/batch_norm.h"

#include <cmath>

#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/batch_norm.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/planes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

double SumOfChannel(const ChannelLayout& layout, const float* x) {
  return SumOverChannel(
      layout, 0, [](FloatVector v) HWY_ATTR { return v; }, x);
}

// The sum of (x - mean)^2.
double SquaresOfChannel(const ChannelLayout& layout, const float* x, float mean) {
  const FloatVector center = hn::Set(FloatTag(), mean);
  const auto square = [&](FloatVector v) HWY_ATTR {
    const FloatVector centered = hn::Sub(v, center);
    return hn::Mul(centered, centered);
  };
  return SumOverChannel(layout, mean, square, x);
}

void NormalizeChannel(const ChannelLayout& layout, const float* x, ChannelMoments moments,
                      ChannelScale scale, float* y) {
  const FloatTag tag;
  const FloatVector center = hn::Set(tag, moments.mean);
  const FloatVector slope = hn::Set(tag, moments.inverse_deviation * scale.gain);
  const FloatVector shift = hn::Set(tag, scale.bias);
  const auto normalize = [&](FloatVector v)
                             HWY_ATTR { return hn::MulAdd(hn::Sub(v, center), slope, shift); };
  for (std::size_t sample = 0; sample < layout.samples; ++sample)
    MapElements(layout.plane, y + sample * layout.stride, normalize, x + sample * layout.stride);
}

// dgain = sum(dy n), dbias = sum(dy),
// dx = gain r (dy - dbias / size - n dgain / size),  r = inverse deviation.
ChannelGradients DifferentiateChannel(const ChannelLayout& layout, const float* dy, const float* x,
                                      ChannelMoments moments, float gain, float* dx) {
  const FloatTag tag;
  const FloatVector center = hn::Set(tag, moments.mean);
  const FloatVector inverse = hn::Set(tag, moments.inverse_deviation);
  const auto product = [&](FloatVector d, FloatVector v)
                           HWY_ATTR { return hn::Mul(d, hn::Mul(hn::Sub(v, center), inverse)); };
  const double dbias = SumOverChannel(
      layout, 0, [](FloatVector d) HWY_ATTR { return d; }, dy);
  const double dgain = SumOverChannel(layout, 0, product, dy, x);

  const auto size = static_cast<double>(layout.size());
  const FloatVector mean = hn::Set(tag, static_cast<float>(dbias / size));
  const FloatVector product_mean = hn::Set(tag, static_cast<float>(dgain / size));
  const FloatVector slope = hn::Set(tag, moments.inverse_deviation * gain);
  const auto differentiate = [&](FloatVector d, FloatVector v) HWY_ATTR {
    const FloatVector n = hn::Mul(hn::Sub(v, center), inverse);
    return hn::Mul(slope, hn::NegMulAdd(n, product_mean, hn::Sub(d, mean)));
  };
  for (std::size_t sample = 0; sample < layout.samples; ++sample) {
    const std::size_t offset = sample * layout.stride;
    MapElements(layout.plane, dx + offset, differentiate, dy + offset, x + offset);
  }
  return {static_cast<float>(dgain), static_cast<float>(dbias)};
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(SumOfChannel);
HWY_EXPORT(SquaresOfChannel);
HWY_EXPORT(NormalizeChannel);
HWY_EXPORT(DifferentiateChannel);

namespace {

// Calls body(channel) for all channels, each in one thread.
template <typename Body>
void ForEachChannel(ThreadPool& pool, const ChannelLayout& layout, const Body& body) {
  ForEachRun(pool, layout.channels, RowsPerRun(layout.size()),
             [&](std::size_t first, std::size_t count) {
               for (std::size_t c = first; c < first + count; ++c) body(c);
             });
}

}  // namespace

PreparedStep PrepareBatchNorm(const KernelRequest& request) {
  const ChannelLayout layout = ChannelLayoutOf(request.input(0).shape);
  if (layout.plane == 1) return PrepareBatchNormOfColumns(request, layout);
  const double epsilon = request.node.attributes.Real("epsilon");
  const auto size = static_cast<double>(layout.size());
  const auto samples = static_cast<double>(layout.samples);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachChannel(pool, layout, [&](std::size_t c) {
      const float* const x = run.input(0) + c * layout.plane;
      const double mean = HWY_DYNAMIC_DISPATCH(SumOfChannel)(layout, x) / size;
      const double squares =
          HWY_DYNAMIC_DISPATCH(SquaresOfChannel)(layout, x, static_cast<float>(mean));
      const ChannelMoments moments = {static_cast<float>(mean),
                                      InverseDeviation(squares / size, epsilon)};
      HWY_DYNAMIC_DISPATCH(NormalizeChannel)
      (layout, x, moments, {run.input(1)[c], run.input(2)[c]}, run.output(0) + c * layout.plane);
      const double variance = layout.size() > 1 ? squares / (size - 1) : double{run.input(4)[c]};
      run.output(1)[c] = moments.mean;
      run.output(2)[c] = moments.inverse_deviation;
      run.output(3)[c] = static_cast<float>(samples * mean);
      run.output(4)[c] = static_cast<float>(samples * variance);
    });
  });
}

PreparedStep PrepareBatchNormInference(const KernelRequest& request) {
  const ChannelLayout layout = ChannelLayoutOf(request.input(0).shape);
  if (layout.plane == 1) return PrepareBatchNormInferenceOfColumns(request, layout);
  const double epsilon = request.node.attributes.Real("epsilon");
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachChannel(pool, layout, [&](std::size_t c) {
      const ChannelMoments moments = {run.input(3)[c], InverseDeviation(run.input(4)[c], epsilon)};
      HWY_DYNAMIC_DISPATCH(NormalizeChannel)
      (layout, run.input(0) + c * layout.plane, moments, {run.input(1)[c], run.input(2)[c]},
       run.output(0) + c * layout.plane);
    });
  });
}

PreparedStep PrepareBatchNormGradient(const KernelRequest& request) {
  const ChannelLayout layout = ChannelLayoutOf(request.input(1).shape);
  if (layout.plane == 1) return PrepareBatchNormGradientOfColumns(request, layout);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachChannel(pool, layout, [&](std::size_t c) {
      const std::size_t offset = c * layout.plane;
      const ChannelGradients gradients = HWY_DYNAMIC_DISPATCH(DifferentiateChannel)(
          layout, run.input(0) + offset, run.input(1) + offset, {run.input(3)[c], run.input(4)[c]},
          run.input(2)[c], run.output(0) + offset);
      run.output(1)[c] = gradients.gain;
      run.output(2)[c] = gradients.bias;
    });
  });
}

}  // namespace descent::cpu
#endif
