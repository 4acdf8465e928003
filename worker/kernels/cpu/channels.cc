#include "worker/kernels/cpu/channel.h"
#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/channels.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/planes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

double SumChannel(const ChannelLayout& layout, const float* x) {
  return SumOverChannel(
      layout, 0, [](FloatVector v) HWY_ATTR { return v; }, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(SumChannel);

PreparedStep PrepareChannelSum(const KernelRequest& request) {
  const ChannelLayout layout = ChannelLayoutOf(request.input(0).shape);
  const bool accumulates = request.mode == OutputMode::kAccumulate;
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    float* const sums = run.output(0);
    ForEachRun(pool, layout.channels, RowsPerRun(layout.size()),
               [&](std::size_t first, std::size_t count) {
                 for (std::size_t c = first; c < first + count; ++c) {
                   const auto sum = static_cast<float>(
                       HWY_DYNAMIC_DISPATCH(SumChannel)(layout, run.input(0) + c * layout.plane));
                   sums[c] = accumulates ? sums[c] + sum : sum;
                 }
               });
  });
}

// A plane of one sample is a channel of its own.
PreparedStep PrepareGlobalAvgPool(const KernelRequest& request) {
  const ChannelLayout layout = ChannelLayoutOf(request.input(0).shape);
  const ChannelLayout plane = {1, 1, layout.plane, layout.plane};
  const auto size = static_cast<double>(layout.plane);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(
        pool, layout.samples * layout.channels, RowsPerRun(layout.plane),
        [&](std::size_t first, std::size_t count) {
          for (std::size_t i = first; i < first + count; ++i)
            run.output(0)[i] = static_cast<float>(
                HWY_DYNAMIC_DISPATCH(SumChannel)(plane, run.input(0) + i * plane.plane) / size);
        });
  });
}

PreparedStep PrepareGlobalAvgPoolGradient(const KernelRequest& request) {
  const ChannelLayout layout = ChannelLayoutOf(request.output(0).shape);
  const auto size = static_cast<float>(layout.plane);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, layout.samples * layout.channels, RowsPerRun(layout.plane),
               [&](std::size_t first, std::size_t count) {
                 for (std::size_t i = first; i < first + count; ++i)
                   std::fill_n(run.output(0) + i * layout.plane, layout.plane,
                               run.input(0)[i] / size);
               });
  });
}

}  // namespace descent::cpu
#endif
