#include "worker/kernels/cpu/arithmetic.h"

#include <array>
#include <string_view>
#include <utility>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/strided_rows.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/arithmetic.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

template <typename F>
HWY_INLINE void MapRun(RunOperand a, RunOperand b, float* out, std::size_t count, const F& f) {
  if (a.is_repeated) {
    const FloatVector left = hn::Set(FloatTag(), *a.data);
    MapElements(
        count, out, [&](FloatVector right) HWY_ATTR { return f(left, right); }, b.data);
  } else if (b.is_repeated) {
    const FloatVector right = hn::Set(FloatTag(), *b.data);
    MapElements(
        count, out, [&](FloatVector left) HWY_ATTR { return f(left, right); }, a.data);
  } else {
    MapElements(count, out, f, a.data, b.data);
  }
}

void AddRun(RunOperand a, RunOperand b, float* out, std::size_t count) {
  MapRun(a, b, out, count, [](FloatVector x, FloatVector y) HWY_ATTR { return hn::Add(x, y); });
}

void SubRun(RunOperand a, RunOperand b, float* out, std::size_t count) {
  MapRun(a, b, out, count, [](FloatVector x, FloatVector y) HWY_ATTR { return hn::Sub(x, y); });
}

void MulRun(RunOperand a, RunOperand b, float* out, std::size_t count) {
  MapRun(a, b, out, count, [](FloatVector x, FloatVector y) HWY_ATTR { return hn::Mul(x, y); });
}

void DivRun(RunOperand a, RunOperand b, float* out, std::size_t count) {
  MapRun(a, b, out, count, [](FloatVector x, FloatVector y) HWY_ATTR { return hn::Div(x, y); });
}

void EqualRun(RunOperand a, RunOperand b, float* out, std::size_t count) {
  MapRun(a, b, out, count, [](FloatVector x, FloatVector y) HWY_ATTR {
    return hn::IfThenElseZero(hn::Eq(x, y), hn::Set(FloatTag(), 1.0f));
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(AddRun);
HWY_EXPORT(SubRun);
HWY_EXPORT(MulRun);
HWY_EXPORT(DivRun);
HWY_EXPORT(EqualRun);

namespace {

using ArithmeticRun = void (*)(RunOperand, RunOperand, float*, std::size_t);

ArithmeticRun RunOf(std::string_view op) {
  const std::pair<std::string_view, ArithmeticRun> runs[] = {
      {"add", HWY_DYNAMIC_DISPATCH(AddRun)},     {"sub", HWY_DYNAMIC_DISPATCH(SubRun)},
      {"mul", HWY_DYNAMIC_DISPATCH(MulRun)},     {"div", HWY_DYNAMIC_DISPATCH(DivRun)},
      {"equal", HWY_DYNAMIC_DISPATCH(EqualRun)},
  };
  for (const auto& [name, run] : runs) {
    if (name == op) return run;
  }
  DESCENT_CHECK(!"the table of kernels names this function for these ops alone");
  return nullptr;
}

}  // namespace

PreparedStep PrepareArithmetic(const KernelRequest& request) {
  const Shape& shape = request.output(0).shape;
  if (request.input(0).shape == shape && request.input(1).shape == shape) {
    return MakeElementStep(
        request, [map = RunOf(request.node.op->name)](const StepRun& run, std::size_t count) {
          map({run.input(0), false}, {run.input(1), false}, run.output(0), count);
        });
  }
  const std::array strides = {BroadcastStrides(request.input(0).shape, shape),
                              BroadcastStrides(request.input(1).shape, shape)};
  return MakeStep([walk = StridedRows(shape, strides), map = RunOf(request.node.op->name),
                   &pool = request.pool](const StepRun& run) {
    const auto operand = [&](std::size_t i, const StridedRows::Offsets& offsets) {
      return RunOperand{run.input(i) + offsets[i], walk.column_strides()[i] == 0};
    };
    ForEachStridedRun(pool, walk, [&](const auto& offsets, std::size_t first, std::size_t count) {
      map(operand(0, offsets), operand(1, offsets), run.output(0) + first, count);
    });
  });
}

PreparedStep PrepareWhere(const KernelRequest& request) {
  const Shape& shape = request.output(0).shape;
  const std::array strides = {BroadcastStrides(request.input(0).shape, shape),
                              BroadcastStrides(request.input(1).shape, shape),
                              BroadcastStrides(request.input(2).shape, shape)};
  return MakeStep([walk = StridedRows(shape, strides), &pool = request.pool](const StepRun& run) {
    const StridedRows::Offsets& step = walk.column_strides();
    ForEachStridedRun(pool, walk, [&](const auto& offsets, std::size_t first, std::size_t count) {
      const std::int32_t* condition = run.labels(0) + offsets[0];
      const float* a = run.input(1) + offsets[1];
      const float* b = run.input(2) + offsets[2];
      float* out = run.output(0) + first;
      for (std::size_t i = 0; i < count; ++i)
        out[i] = condition[i * step[0]] != 0 ? a[i * step[1]] : b[i * step[2]];
    });
  });
}

}  // namespace descent::cpu
#endif
