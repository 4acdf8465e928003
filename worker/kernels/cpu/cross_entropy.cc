#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "common/sample_format.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/row_step.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/cross_entropy.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// log(sum of exp(row)): max + log(sum of exp(row - max)), where the sum is at least 1.
float LogSum(const float* row, std::size_t classes) {
  const FloatVector shift = ShiftOfRow(row, classes);
  return hn::GetLane(hn::Add(shift, LogOrNan(SumOfExp(row, classes, shift))));
}

float RowSum(const float* row, std::size_t classes) { return hn::GetLane(SumOfRow(row, classes)); }

// gradient = loss_gradient * exp(row - log_sum), the softmax times the gradient of the loss.
void ScaledSoftmax(std::span<const float> row, float log_sum, float loss_gradient,
                   float* gradient) {
  const FloatTag tag;
  const FloatVector shift = hn::Set(tag, log_sum);
  const FloatVector scale = hn::Set(tag, loss_gradient);
  const auto softmax = [&](FloatVector logit)
                           HWY_ATTR { return hn::Mul(scale, ExpOrNan(hn::Sub(logit, shift))); };
  MapElements(row.size(), gradient, softmax, row.data());
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(LogSum);
HWY_EXPORT(RowSum);
HWY_EXPORT(ScaledSoftmax);

namespace {

bool IsTopOne(const float* row, std::size_t label, std::size_t classes) {
  bool is_top = true;
  for (std::size_t i = 0; i < label; ++i) is_top &= row[label] > row[i];
  for (std::size_t i = label; i < classes; ++i) is_top &= row[label] >= row[i];
  return is_top;
}

// How many classes come before the label where the largest logit is the first; NaN is larger than
// all, so that a row which is not a number is never right.
std::size_t ClassesBefore(const float* row, std::size_t label, std::size_t classes) {
  if (std::isnan(row[label])) return classes;
  std::size_t count = 0;
  for (std::size_t i = 0; i < label; ++i) count += row[label] > row[i] ? 0 : 1;
  for (std::size_t i = label + 1; i < classes; ++i) count += row[label] >= row[i] ? 0 : 1;
  return count;
}

// Makes row `row` of every output zero.
void ClearRow(const StepRun& run, std::span<const std::size_t> widths, std::size_t row) {
  for (std::size_t i = 0; i < widths.size(); ++i)
    std::fill_n(run.output(i) + row * widths[i], widths[i], 0.0f);
}

// Calls body(run, row, label, classes) for every row whose label counts, on the pool; the others
// give zeros.
template <typename Body>
PreparedStep PrepareRows(const KernelRequest& request, Body body) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto classes = static_cast<std::size_t>(request.input(0).shape[1]);
  const auto width_of = [&](const TensorType& type) {
    return type.shape.size() == 1 ? 1 : classes;
  };
  RowLayout layout{.rows = rows, .input_columns = {}, .output_columns = {}};
  for (std::size_t i = 0; i < request.node.inputs.size(); ++i)
    layout.input_columns.push_back(width_of(request.input(i)));
  for (std::size_t i = 0; i < request.node.outputs.size(); ++i)
    layout.output_columns.push_back(width_of(request.output(i)));
  const std::vector<std::size_t> widths = layout.output_columns;
  return MakeRowStep(std::move(layout), request.pool,
                     [=](const StepRun& run, std::size_t, std::size_t count) {
                       for (std::size_t row = 0; row < count; ++row) {
                         if (run.labels(1)[row] == kIgnoredLabel) {
                           ClearRow(run, widths, row);
                           continue;
                         }
                         const auto label = static_cast<std::size_t>(run.labels(1)[row]);
                         DESCENT_CHECK(label < classes);  // datasets are checked when opened
                         body(run, row, label, classes);
                       }
                     });
}

float SmoothingOf(const KernelRequest& request) {
  return static_cast<float>(request.node.attributes.Real("smoothing"));
}

}  // namespace

PreparedStep PrepareSoftmaxCrossEntropy(const KernelRequest& request) {
  const float smoothing = SmoothingOf(request);
  return PrepareRows(request, [=](const StepRun& run, std::size_t row, std::size_t label,
                                  std::size_t classes) {
    const float* logits = run.input(0) + row * classes;
    const float log_sum = HWY_DYNAMIC_DISPATCH(LogSum)(logits, classes);
    run.output(0)[row] = log_sum - logits[label];
    run.output(1)[row] = log_sum;
    if (smoothing == 0) return;
    const float mean = HWY_DYNAMIC_DISPATCH(RowSum)(logits, classes) / static_cast<float>(classes);
    run.output(0)[row] += smoothing * (logits[label] - mean);
  });
}

PreparedStep PrepareSoftmaxCrossEntropyGradient(const KernelRequest& request) {
  const float smoothing = SmoothingOf(request);
  return PrepareRows(
      request, [=](const StepRun& run, std::size_t row, std::size_t label, std::size_t classes) {
        const float* logits = run.input(0) + row * classes;
        float* gradient = run.output(0) + row * classes;
        const float loss_gradient = run.input(3)[row];
        HWY_DYNAMIC_DISPATCH(ScaledSoftmax)
        ({logits, classes}, run.input(2)[row], loss_gradient, gradient);
        gradient[label] -= (1 - smoothing) * loss_gradient;
        if (smoothing == 0) return;
        const float share = smoothing / static_cast<float>(classes) * loss_gradient;
        for (std::size_t i = 0; i < classes; ++i) gradient[i] -= share;
      });
}

PreparedStep PrepareTopOneCorrect(const KernelRequest& request) {
  return PrepareRows(
      request, [](const StepRun& run, std::size_t row, std::size_t label, std::size_t classes) {
        const float* logits = run.input(0) + row * classes;
        run.output(0)[row] = IsTopOne(logits, label, classes) ? 1.0f : 0.0f;
      });
}

PreparedStep PrepareTopFiveCorrect(const KernelRequest& request) {
  return PrepareRows(
      request, [](const StepRun& run, std::size_t row, std::size_t label, std::size_t classes) {
        const float* logits = run.input(0) + row * classes;
        run.output(0)[row] = ClassesBefore(logits, label, classes) < 5 ? 1.0f : 0.0f;
      });
}

}  // namespace descent::cpu
#endif
