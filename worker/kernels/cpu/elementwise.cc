#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

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

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AddRun);

PreparedStep PrepareIdentity(const KernelRequest& request) {
  return MakeElementStep(request, [mode = request.mode](const StepRun& run, std::size_t count) {
    const float* x = run.input(0);
    float* y = run.output(0);
    if (mode == OutputMode::kAccumulate) {
      HWY_DYNAMIC_DISPATCH(AddRun)(y, x, y, count);
    } else if (x != y) {
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
