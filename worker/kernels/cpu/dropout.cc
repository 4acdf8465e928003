#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/dropout.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/dropout-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void DropoutRow(const DropoutMask& mask, const float* x, float* y, std::size_t columns) {
  HWY_ALIGN float factors[kElementsPerGroup];
  for (std::size_t first = 0; first < columns; first += kElementsPerGroup) {
    DropoutFactors(mask, static_cast<std::uint32_t>(first / kElementsPerGroup), factors);
    MapElements(
        std::min(kElementsPerGroup, columns - first), y + first,
        [](FloatVector v, FloatVector factor) HWY_ATTR { return hn::Mul(v, factor); }, x + first,
        factors);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(DropoutRow);

PreparedStep PrepareDropout(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  const double probability = request.node.attributes.Real("probability");
  const auto layer = static_cast<std::uint32_t>(request.node.attributes.Integer("layer"));
  const std::int64_t rows_per_sample = request.node.attributes.Integer("rows_per_sample");
  return MakeRowStep({rows, {columns}, {columns}}, request.pool,
                     [=](const StepRun& run, std::size_t first, std::size_t count) {
                       DropoutMask mask = MakeDropoutMask(probability, layer, rows_per_sample, run);
                       mask.position += static_cast<std::uint32_t>(first);
                       for (std::size_t row = 0; row < count; ++row, ++mask.position) {
                         const std::size_t offset = row * columns;
                         HWY_DYNAMIC_DISPATCH(DropoutRow)
                         (mask, run.input(0) + offset, run.output(0) + offset, columns);
                       }
                     });
}

}  // namespace descent::cpu
#endif
