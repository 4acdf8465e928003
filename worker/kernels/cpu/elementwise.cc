#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/elementwise.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void AddRun(const float* a, const float* b, float* sum, std::size_t count) {
  MapElements(
      count, sum, [](FloatVector x, FloatVector y) HWY_ATTR { return hn::Add(x, y); }, a, b);
}

void MulRun(const float* a, const float* b, float* product, std::size_t count) {
  MapElements(
      count, product, [](FloatVector x, FloatVector y) HWY_ATTR { return hn::Mul(x, y); }, a, b);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AddRun);
HWY_EXPORT(MulRun);

namespace {

using BinaryRun = void (*)(const float*, const float*, float*, std::size_t);

PreparedStep PrepareBinary(const KernelRequest& request, BinaryRun map) {
  const auto count = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  return MakeStep([count, map, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, count, kElementsPerRun, [&](std::size_t first, std::size_t run_count) {
      map(run.input(0) + first, run.input(1) + first, run.output(0) + first, run_count);
    });
  });
}

}  // namespace

PreparedStep PrepareAdd(const KernelRequest& request) {
  return PrepareBinary(request, HWY_DYNAMIC_DISPATCH(AddRun));
}

PreparedStep PrepareMul(const KernelRequest& request) {
  return PrepareBinary(request, HWY_DYNAMIC_DISPATCH(MulRun));
}

PreparedStep PrepareIdentity(const KernelRequest& request) {
  const auto count = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  return MakeStep([count, mode = request.mode](const StepRun& run) {
    const float* x = run.input(0);
    float* y = run.output(0);
    if (mode == OutputMode::kAccumulate) {
      HWY_DYNAMIC_DISPATCH(AddRun)(y, x, y, count);
    } else {
      std::copy_n(x, count, y);
    }
  });
}

PreparedStep PrepareFill(const KernelRequest& request) {
  const auto count = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  const auto value = static_cast<float>(request.node.attributes.Real("value"));
  return MakeStep([count, value](const StepRun& run) { std::fill_n(run.output(0), count, value); });
}

}  // namespace descent::cpu
#endif
