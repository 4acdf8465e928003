#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/softmax.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

void SoftmaxRow(const float* x, float* y, std::size_t size) {
  const FloatVector max = ShiftOfRow(x, size);
  const FloatVector sum = SumOfExp(x, size, max);
  const auto softmax = [&](FloatVector v)
                           HWY_ATTR { return hn::Div(ExpOrNan(hn::Sub(v, max)), sum); };
  MapElements(size, y, softmax, x);
}

void LogSoftmaxRow(const float* x, float* y, std::size_t size) {
  const FloatVector max = ShiftOfRow(x, size);
  const FloatVector log_sum = LogOrNan(SumOfExp(x, size, max));
  const auto log_softmax = [&](FloatVector v)
                               HWY_ATTR { return hn::Sub(hn::Sub(v, max), log_sum); };
  MapElements(size, y, log_softmax, x);
}

void SoftmaxRowGradient(const float* dy, const float* y, float* dx, std::size_t size) {
  const FloatTag tag;
  FloatVector products = hn::Zero(tag);
  for (std::size_t i = 0; i < size; i += hn::Lanes(tag))
    products = hn::MulAdd(LoadPadded(dy, i, size, 0), LoadPadded(y, i, size, 0), products);
  const FloatVector sum = hn::SumOfLanes(tag, products);
  const auto gradient = [&](FloatVector d, FloatVector v)
                            HWY_ATTR { return hn::Mul(v, hn::Sub(d, sum)); };
  MapElements(size, dx, gradient, dy, y);
}

void LogSoftmaxRowGradient(const float* dy, const float* y, float* dx, std::size_t size) {
  const FloatVector sum = SumOfRow(dy, size);
  const auto gradient = [&](FloatVector d, FloatVector v)
                            HWY_ATTR { return hn::NegMulAdd(ExpOrNan(v), sum, d); };
  MapElements(size, dx, gradient, dy, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(SoftmaxRow);
HWY_EXPORT(LogSoftmaxRow);
HWY_EXPORT(SoftmaxRowGradient);
HWY_EXPORT(LogSoftmaxRowGradient);

namespace {

// Calls body(offset of the row, its size) for every row of the last axis, on the pool.
template <typename Body>
PreparedStep PrepareRows(const KernelRequest& request, const Body& body) {
  const auto columns = static_cast<std::size_t>(request.output(0).shape.back());
  const std::size_t rows =
      static_cast<std::size_t>(ElementCount(request.output(0).shape)) / columns;
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, rows, RowsPerRun(columns), [&](std::size_t first, std::size_t count) {
      for (std::size_t row = first; row < first + count; ++row) body(run, row * columns, columns);
    });
  });
}

PreparedStep PrepareForward(const KernelRequest& request,
                            void (*row)(const float*, float*, std::size_t)) {
  return PrepareRows(request, [row](const StepRun& run, std::size_t offset, std::size_t size) {
    row(run.input(0) + offset, run.output(0) + offset, size);
  });
}

PreparedStep PrepareBackward(const KernelRequest& request,
                             void (*row)(const float*, const float*, float*, std::size_t)) {
  return PrepareRows(request, [row](const StepRun& run, std::size_t offset, std::size_t size) {
    row(run.input(0) + offset, run.input(1) + offset, run.output(0) + offset, size);
  });
}

}  // namespace

PreparedStep PrepareSoftmax(const KernelRequest& request) {
  return PrepareForward(request, HWY_DYNAMIC_DISPATCH(SoftmaxRow));
}

PreparedStep PrepareLogSoftmax(const KernelRequest& request) {
  return PrepareForward(request, HWY_DYNAMIC_DISPATCH(LogSoftmaxRow));
}

PreparedStep PrepareSoftmaxGradient(const KernelRequest& request) {
  return PrepareBackward(request, HWY_DYNAMIC_DISPATCH(SoftmaxRowGradient));
}

PreparedStep PrepareLogSoftmaxGradient(const KernelRequest& request) {
  return PrepareBackward(request, HWY_DYNAMIC_DISPATCH(LogSoftmaxRowGradient));
}

}  // namespace descent::cpu
#endif
