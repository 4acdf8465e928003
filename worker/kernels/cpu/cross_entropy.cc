#include "worker/kernels/cpu/cross_entropy.h"

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

float LogSumOf(const CrossEntropyRow& row) {
  return HWY_DYNAMIC_DISPATCH(LogSum)(row.logits, row.classes);
}

float LossOf(const CrossEntropyRow& row, float log_sum) {
  const float loss = log_sum - row.logits[row.label];
  if (row.smoothing == 0) return loss;
  const float sum = HWY_DYNAMIC_DISPATCH(RowSum)(row.logits, row.classes);
  return loss + row.smoothing * (row.logits[row.label] - sum / static_cast<float>(row.classes));
}

void WriteGradient(const CrossEntropyRow& row, float log_sum, float loss_gradient,
                   float* gradient) {
  HWY_DYNAMIC_DISPATCH(ScaledSoftmax)({row.logits, row.classes}, log_sum, loss_gradient, gradient);
  gradient[row.label] -= (1 - row.smoothing) * loss_gradient;
  if (row.smoothing == 0) return;
  const float share = row.smoothing / static_cast<float>(row.classes) * loss_gradient;
  for (std::size_t i = 0; i < row.classes; ++i) gradient[i] -= share;
}

bool IsTopOne(const CrossEntropyRow& row) {
  const float* logits = row.logits;
  bool is_top = true;
  for (std::size_t i = 0; i < row.label; ++i) is_top &= logits[row.label] > logits[i];
  for (std::size_t i = row.label; i < row.classes; ++i) is_top &= logits[row.label] >= logits[i];
  return is_top;
}

PreparedStep PrepareSoftmaxCrossEntropy(const KernelRequest& request) {
  const float smoothing = SmoothingOf(request);
  return PrepareRows(
      request, [=](const StepRun& run, std::size_t row, std::size_t label, std::size_t classes) {
        const CrossEntropyRow logits = {run.input(0) + row * classes, classes, label, smoothing};
        const float log_sum = LogSumOf(logits);
        run.output(0)[row] = LossOf(logits, log_sum);
        run.output(1)[row] = log_sum;
      });
}

PreparedStep PrepareSoftmaxCrossEntropyGradient(const KernelRequest& request) {
  const float smoothing = SmoothingOf(request);
  return PrepareRows(
      request, [=](const StepRun& run, std::size_t row, std::size_t label, std::size_t classes) {
        const CrossEntropyRow logits = {run.input(0) + row * classes, classes, label, smoothing};
        WriteGradient(logits, run.input(2)[row], run.input(3)[row], run.output(0) + row * classes);
      });
}

PreparedStep PrepareTopOneCorrect(const KernelRequest& request) {
  return PrepareRows(
      request, [](const StepRun& run, std::size_t row, std::size_t label, std::size_t classes) {
        const CrossEntropyRow logits = {run.input(0) + row * classes, classes, label, 0};
        run.output(0)[row] = IsTopOne(logits) ? 1.0f : 0.0f;
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
