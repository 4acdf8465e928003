#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/activation.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"
#include "worker/kernels/cpu/normal_distribution-inl.h"

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

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(ReluRun);
HWY_EXPORT(ReluGradientRun);
HWY_EXPORT(GeluRun);
HWY_EXPORT(GeluGradientRun);

namespace {

using UnaryRun = void (*)(const float*, float*, std::size_t);
using BinaryRun = void (*)(const float*, const float*, float*, std::size_t);

PreparedStep PrepareUnary(const KernelRequest& request, UnaryRun map) {
  const auto total = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  return MakeStep([total, map, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, total, kElementsPerRun, [&](std::size_t first, std::size_t count) {
      map(run.input(0) + first, run.output(0) + first, count);
    });
  });
}

PreparedStep PrepareBinary(const KernelRequest& request, BinaryRun map) {
  const auto total = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  return MakeStep([total, map, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, total, kElementsPerRun, [&](std::size_t first, std::size_t count) {
      map(run.input(0) + first, run.input(1) + first, run.output(0) + first, count);
    });
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

}  // namespace descent::cpu
#endif
