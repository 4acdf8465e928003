#include <span>

#include "worker/kernels/cpu/cpu_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/target_loss.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// The mean of loss(x, target) over a row. `filler` is an x whose loss for a target of 0 is 0.
template <typename Loss>
HWY_INLINE float RowMean(std::span<const float> x, const float* targets, float filler,
                         const Loss& loss) {
  const FloatTag tag;
  FloatVector sum = hn::Zero(tag);
  for (std::size_t i = 0; i < x.size(); i += hn::Lanes(tag)) {
    sum = hn::Add(
        sum, loss(LoadPadded(x.data(), i, x.size(), filler), LoadPadded(targets, i, x.size(), 0)));
  }
  return hn::GetLane(hn::SumOfLanes(tag, sum)) / static_cast<float>(x.size());
}

float BinaryCrossEntropyRow(std::span<const float> x, const float* targets, float) {
  const auto loss = [](FloatVector logit, FloatVector target) HWY_ATTR {
    const FloatTag tag;
    // max(logit, 0), but NaN stays NaN.
    const FloatVector above = hn::IfThenZeroElse(hn::Lt(logit, hn::Zero(tag)), logit);
    const FloatVector tail = hn::Log1p(tag, ExpOrNan(hn::Neg(hn::Abs(logit))));
    return hn::Add(hn::NegMulAdd(logit, target, above), tail);
  };
  return RowMean(x, targets, -200.0f, loss);
}

float SquaredErrorRow(std::span<const float> x, const float* targets, float) {
  const auto loss = [](FloatVector value, FloatVector target) HWY_ATTR {
    const FloatVector error = hn::Sub(value, target);
    return hn::Mul(error, error);
  };
  return RowMean(x, targets, 0.0f, loss);
}

float HuberRow(std::span<const float> x, const float* targets, float delta) {
  const auto loss = [delta](FloatVector value, FloatVector target) HWY_ATTR {
    const FloatTag tag;
    const FloatVector half = hn::Set(tag, 0.5f);
    const FloatVector bound = hn::Set(tag, delta);
    const FloatVector error = hn::Abs(hn::Sub(value, target));
    const FloatVector square = hn::Mul(half, hn::Mul(error, error));
    const FloatVector line = hn::Mul(bound, hn::NegMulAdd(half, bound, error));
    return hn::IfThenElse(hn::Gt(error, bound), line, square);
  };
  return RowMean(x, targets, 0.0f, loss);
}

void BinaryCrossEntropyRowGradient(std::span<const float> x, const float* targets, float scale,
                                   float, float* dx) {
  const auto gradient = [scale](FloatVector logit, FloatVector target) HWY_ATTR {
    return hn::Mul(hn::Set(FloatTag(), scale), hn::Sub(Sigmoid(logit), target));
  };
  MapElements(x.size(), dx, gradient, x.data(), targets);
}

void SquaredErrorRowGradient(std::span<const float> x, const float* targets, float scale, float,
                             float* dx) {
  const auto gradient = [scale](FloatVector value, FloatVector target) HWY_ATTR {
    return hn::Mul(hn::Set(FloatTag(), 2 * scale), hn::Sub(value, target));
  };
  MapElements(x.size(), dx, gradient, x.data(), targets);
}

void HuberRowGradient(std::span<const float> x, const float* targets, float scale, float delta,
                      float* dx) {
  const auto gradient = [scale, delta](FloatVector value, FloatVector target) HWY_ATTR {
    const FloatTag tag;
    const FloatVector bound = hn::Set(tag, delta);
    const FloatVector error = hn::Sub(value, target);
    // Comparisons with NaN are false, so NaN passes.
    const FloatVector below = hn::IfThenElse(hn::Lt(error, hn::Neg(bound)), hn::Neg(bound), error);
    const FloatVector clamped = hn::IfThenElse(hn::Gt(below, bound), bound, below);
    return hn::Mul(hn::Set(tag, scale), clamped);
  };
  MapElements(x.size(), dx, gradient, x.data(), targets);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(BinaryCrossEntropyRow);
HWY_EXPORT(BinaryCrossEntropyRowGradient);
HWY_EXPORT(HuberRow);
HWY_EXPORT(HuberRowGradient);
HWY_EXPORT(SquaredErrorRow);
HWY_EXPORT(SquaredErrorRowGradient);

namespace {

using RowLoss = float (*)(std::span<const float> x, const float* targets, float delta);
using RowGradient = void (*)(std::span<const float> x, const float* targets, float scale,
                             float delta, float* dx);

PreparedStep PrepareLoss(const KernelRequest& request, RowLoss loss, float delta = 0) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, rows, RowsPerRun(columns), [&](std::size_t first, std::size_t count) {
      for (std::size_t row = first; row < first + count; ++row) {
        const std::span x(run.input(0) + row * columns, columns);
        run.output(0)[row] = loss(x, run.input(1) + row * columns, delta);
      }
    });
  });
}

PreparedStep PrepareGradient(const KernelRequest& request, RowGradient gradient, float delta = 0) {
  const auto rows = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto columns = static_cast<std::size_t>(request.input(0).shape[1]);
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, rows, RowsPerRun(columns), [&](std::size_t first, std::size_t count) {
      for (std::size_t row = first; row < first + count; ++row) {
        const std::size_t offset = row * columns;
        const float scale = run.input(2)[row] / static_cast<float>(columns);
        gradient({run.input(0) + offset, columns}, run.input(1) + offset, scale, delta,
                 run.output(0) + offset);
      }
    });
  });
}

float DeltaOf(const KernelRequest& request) {
  return static_cast<float>(request.node.attributes.Real("delta"));
}

}  // namespace

PreparedStep PrepareBinaryCrossEntropy(const KernelRequest& request) {
  return PrepareLoss(request, HWY_DYNAMIC_DISPATCH(BinaryCrossEntropyRow));
}

PreparedStep PrepareBinaryCrossEntropyGradient(const KernelRequest& request) {
  return PrepareGradient(request, HWY_DYNAMIC_DISPATCH(BinaryCrossEntropyRowGradient));
}

PreparedStep PrepareSquaredError(const KernelRequest& request) {
  return PrepareLoss(request, HWY_DYNAMIC_DISPATCH(SquaredErrorRow));
}

PreparedStep PrepareSquaredErrorGradient(const KernelRequest& request) {
  return PrepareGradient(request, HWY_DYNAMIC_DISPATCH(SquaredErrorRowGradient));
}

PreparedStep PrepareHuber(const KernelRequest& request) {
  return PrepareLoss(request, HWY_DYNAMIC_DISPATCH(HuberRow), DeltaOf(request));
}

PreparedStep PrepareHuberGradient(const KernelRequest& request) {
  return PrepareGradient(request, HWY_DYNAMIC_DISPATCH(HuberRowGradient), DeltaOf(request));
}

PreparedStep PrepareBinaryCorrect(const KernelRequest& request) {
  const auto rows = static_cast<std::size_t>(request.output(0).shape[0]);
  return MakeStep([rows](const StepRun& run) {
    for (std::size_t row = 0; row < rows; ++row) {
      const float logit = run.input(0)[row];
      const bool is_one = run.labels(1)[row] == 1;
      run.output(0)[row] = (is_one ? logit > 0 : logit <= 0) ? 1.0f : 0.0f;
    }
  });
}

PreparedStep PrepareCast(const KernelRequest& request) {
  const auto count = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  return MakeStep([count](const StepRun& run) {
    std::transform(run.labels(0), run.labels(0) + count, run.output(0),
                   [](std::int32_t value) { return static_cast<float>(value); });
  });
}

}  // namespace descent::cpu
#endif
