#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/activation.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/normal_distribution-inl.h"
#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void ReluRun(const float* x, float* y, std::size_t count) {
  // A comparison with NaN is false, so NaN passes; max would drop it.
  const auto relu = [](FloatVector v)
                        HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(FloatTag())), v); };
  MapElements(count, y, relu, x);
}

void ReluGradientRun(const float* dy, const float* y, float* dx, std::size_t count) {
  const auto gradient = [](FloatVector g, FloatVector v) HWY_ATTR {
    return hn::IfThenZeroElse(hn::Le(v, hn::Zero(FloatTag())), g);
  };
  MapElements(count, dx, gradient, dy, y);
}

void GeluRun(const float* x, float* y, std::size_t count) {
  const auto gelu = [](FloatVector v) HWY_ATTR { return hn::Mul(v, NormalCdf(v)); };
  MapElements(count, y, gelu, x);
}

void GeluGradientRun(const float* dy, const float* x, float* dx, std::size_t count) {
  const auto gradient = [](FloatVector g, FloatVector v) HWY_ATTR {
    return hn::Mul(g, hn::MulAdd(v, NormalDensity(v), NormalCdf(v)));
  };
  MapElements(count, dx, gradient, dy, x);
}

void SiluRun(const float* x, float* y, std::size_t count) {
  const auto silu = [](FloatVector v) HWY_ATTR { return hn::Mul(v, Sigmoid(v)); };
  MapElements(count, y, silu, x);
}

void SiluGradientRun(const float* dy, const float* x, float* dx, std::size_t count) {
  const auto gradient = [](FloatVector g, FloatVector v) HWY_ATTR {
    const FloatVector one = hn::Set(FloatTag(), 1.0f);
    const FloatVector s = Sigmoid(v);
    return hn::Mul(g, hn::Mul(s, hn::MulAdd(v, hn::Sub(one, s), one)));
  };
  MapElements(count, dx, gradient, dy, x);
}

// (1 + tanh(u)) / 2 = sigmoid(2 u), of 2 u = x (c + c 0.044715 x^2), c = 2 sqrt(2 / pi).
constexpr float kTwiceScale = 1.5957691f;
constexpr float kTwiceCubic = 0.071354814f;

HWY_INLINE FloatVector TanhCdf(FloatVector x) {
  const FloatTag tag;
  const FloatVector slope =
      hn::MulAdd(hn::Mul(x, x), hn::Set(tag, kTwiceCubic), hn::Set(tag, kTwiceScale));
  return Sigmoid(hn::Mul(x, slope));
}

void GeluTanhRun(const float* x, float* y, std::size_t count) {
  const auto gelu = [](FloatVector v) HWY_ATTR { return hn::Mul(v, TanhCdf(v)); };
  MapElements(count, y, gelu, x);
}

void GeluTanhGradientRun(const float* dy, const float* x, float* dx, std::size_t count) {
  const auto gradient = [](FloatVector g, FloatVector v) HWY_ATTR {
    const FloatTag tag;
    const FloatVector s = TanhCdf(v);
    const FloatVector slope =
        hn::MulAdd(hn::Mul(v, v), hn::Set(tag, 3 * kTwiceCubic), hn::Set(tag, kTwiceScale));
    const FloatVector density = hn::Mul(hn::Mul(s, hn::Sub(hn::Set(tag, 1.0f), s)), slope);
    return hn::Mul(g, hn::MulAdd(v, density, s));
  };
  MapElements(count, dx, gradient, dy, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(ReluRun);
HWY_EXPORT(ReluGradientRun);
HWY_EXPORT(GeluRun);
HWY_EXPORT(GeluGradientRun);
HWY_EXPORT(SiluRun);
HWY_EXPORT(SiluGradientRun);
HWY_EXPORT(GeluTanhRun);
HWY_EXPORT(GeluTanhGradientRun);

namespace {

using UnaryRun = void (*)(const float*, float*, std::size_t);
using BinaryRun = void (*)(const float*, const float*, float*, std::size_t);

PreparedStep PrepareUnary(const KernelRequest& request, UnaryRun map) {
  return MakeElementStep(request, [map](const StepRun& run, std::size_t count) {
    map(run.input(0), run.output(0), count);
  });
}

PreparedStep PrepareBinary(const KernelRequest& request, BinaryRun map) {
  return MakeElementStep(request, [map](const StepRun& run, std::size_t count) {
    map(run.input(0), run.input(1), run.output(0), count);
  });
}

}  // namespace

PreparedStep PrepareRelu(const KernelRequest& request) {
  return PrepareUnary(request, HWY_DYNAMIC_DISPATCH(ReluRun));
}

PreparedStep PrepareReluGradient(const KernelRequest& request) {
  return PrepareBinary(request, HWY_DYNAMIC_DISPATCH(ReluGradientRun));
}

PreparedStep PrepareGelu(const KernelRequest& request) {
  return PrepareUnary(request, HWY_DYNAMIC_DISPATCH(GeluRun));
}

PreparedStep PrepareGeluGradient(const KernelRequest& request) {
  return PrepareBinary(request, HWY_DYNAMIC_DISPATCH(GeluGradientRun));
}

PreparedStep PrepareSilu(const KernelRequest& request) {
  return PrepareUnary(request, HWY_DYNAMIC_DISPATCH(SiluRun));
}

PreparedStep PrepareSiluGradient(const KernelRequest& request) {
  return PrepareBinary(request, HWY_DYNAMIC_DISPATCH(SiluGradientRun));
}

PreparedStep PrepareGeluTanh(const KernelRequest& request) {
  return PrepareUnary(request, HWY_DYNAMIC_DISPATCH(GeluTanhRun));
}

PreparedStep PrepareGeluTanhGradient(const KernelRequest& request) {
  return PrepareBinary(request, HWY_DYNAMIC_DISPATCH(GeluTanhGradientRun));
}

}  // namespace descent::cpu
#endif
