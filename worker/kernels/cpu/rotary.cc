#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/rotary_table.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/rotary.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

HWY_INLINE void StorePart(FloatVector values, float* out, std::size_t count) {
  HWY_ALIGN float padded[HWY_LANES(float)];
  hn::Store(values, FloatTag(), padded);
  std::memcpy(out, padded, std::min(count, hn::Lanes(FloatTag())) * sizeof(float));
}

// Turns the pairs (x[d], x[d + pairs]); y may be x, so both are read before either is written.
void TurnHead(const float* x, const float* cosines, const float* sines, std::size_t pairs,
              float* y) {
  for (std::size_t d = 0; d < pairs; d += hn::Lanes(FloatTag())) {
    const FloatVector a = LoadPadded(x, d, pairs, 0);
    const FloatVector b = LoadPadded(x + pairs, d, pairs, 0);
    const FloatVector cosine = LoadPadded(cosines, d, pairs, 0);
    const FloatVector sine = LoadPadded(sines, d, pairs, 0);
    StorePart(hn::NegMulAdd(b, sine, hn::Mul(a, cosine)), y + d, pairs - d);
    StorePart(hn::MulAdd(a, sine, hn::Mul(b, cosine)), y + pairs + d, pairs - d);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(TurnHead);

PreparedStep PrepareRotary(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  const auto heads = static_cast<std::size_t>(request.node.attributes.Integer("heads"));
  const auto tokens = static_cast<std::size_t>(request.node.attributes.Integer("tokens"));
  const std::size_t pairs = columns / heads / 6;
  RotaryTable table = MakeRotaryTable(tokens, pairs);
  if (request.node.attributes.Flag("is_reversed"))
    for (float& sine : table.sines) sine = -sine;
  return MakeRowStep(
      {rows, {columns}, {columns}}, request.pool,
      [=, table = std::move(table)](const StepRun& run, std::size_t first, std::size_t count) {
        for (std::size_t row = 0; row < count; ++row) {
          const float* x = run.input(0) + row * columns;
          float* y = run.output(0) + row * columns;
          const std::size_t place = (first + row) % tokens * pairs;
          for (std::size_t head = 0; head < 2 * heads; ++head) {
            HWY_DYNAMIC_DISPATCH(TurnHead)
            (x + head * 2 * pairs, table.cosines.data() + place, table.sines.data() + place, pairs,
             y + head * 2 * pairs);
          }
          const std::size_t turned = columns / 3 * 2;
          if (x != y) std::copy_n(x + turned, columns - turned, y + turned);
        }
      });
}

}  // namespace descent::cpu
#endif
