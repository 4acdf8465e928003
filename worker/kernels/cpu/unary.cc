#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/cpu/unary.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "worker/kernels/cpu/unary.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include "worker/kernels/cpu/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The vector functions of the library hold where f32 has a result; beyond, these say what it is.

// Infinite above the logarithm of the largest float. NaN stays NaN.
HWY_INLINE FloatVector FullExp(FloatVector x) {
  const FloatTag tag;
  const FloatVector limit = hn::Set(tag, 88.72283f);
  return hn::IfThenElse(hn::Gt(x, limit), hn::Set(tag, kInfinity), ExpOrNan(x));
}

// Minus infinity of 0, NaN below; infinity and NaN stay what they are.
HWY_INLINE FloatVector FullLog(FloatVector x) {
  const FloatTag tag;
  const FloatVector zero = hn::Zero(tag), infinity = hn::Set(tag, kInfinity);
  const FloatVector inside = hn::IfThenElse(hn::Lt(x, infinity), hn::Log(tag, x), x);
  const FloatVector above = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity), inside);
  return hn::IfThenElse(hn::Lt(x, zero), hn::NaN(tag), above);
}

// x^exponent. Of x below 0 it is a number where the exponent is whole.
HWY_INLINE FloatVector PowerOf(FloatVector x, float exponent) {
  const FloatTag tag;
  if (exponent == 0) return hn::Set(tag, 1.0f);
  const FloatVector power = FullExp(hn::Mul(hn::Set(tag, exponent), FullLog(hn::Abs(x))));
  const bool is_whole = std::floor(exponent) == exponent;
  if (!is_whole) return hn::IfThenElse(hn::Lt(x, hn::Zero(tag)), hn::NaN(tag), power);
  return std::fmod(exponent, 2.0f) == 0 ? power : hn::CopySign(power, x);
}

void SigmoidRun(const float* x, const float*, float* y, std::size_t count, UnaryConstants) {
  MapElements(
      count, y, [](FloatVector v) HWY_ATTR { return Sigmoid(v); }, x);
}

void TanhRun(const float* x, const float*, float* y, std::size_t count, UnaryConstants) {
  const auto tanh = [](FloatVector v) HWY_ATTR {
    return hn::IfThenElse(hn::IsNaN(v), v, hn::Tanh(FloatTag(), v));
  };
  MapElements(count, y, tanh, x);
}

void ExpRun(const float* x, const float*, float* y, std::size_t count, UnaryConstants) {
  MapElements(
      count, y, [](FloatVector v) HWY_ATTR { return FullExp(v); }, x);
}

void LogRun(const float* x, const float*, float* y, std::size_t count, UnaryConstants) {
  MapElements(
      count, y, [](FloatVector v) HWY_ATTR { return FullLog(v); }, x);
}

void SqrtRun(const float* x, const float*, float* y, std::size_t count, UnaryConstants) {
  MapElements(
      count, y, [](FloatVector v) HWY_ATTR { return hn::Sqrt(v); }, x);
}

void PowRun(const float* x, const float*, float* y, std::size_t count, UnaryConstants constants) {
  const auto pow = [=](FloatVector v) HWY_ATTR { return PowerOf(v, constants.first); };
  MapElements(count, y, pow, x);
}

void ClipRun(const float* x, const float*, float* y, std::size_t count, UnaryConstants constants) {
  const auto clip = [=](FloatVector v) HWY_ATTR {
    const FloatVector low = hn::Set(FloatTag(), constants.first);
    const FloatVector high = hn::Set(FloatTag(), constants.second);
    // Comparisons with NaN are false, so NaN passes.
    const FloatVector raised = hn::IfThenElse(hn::Lt(v, low), low, v);
    return hn::IfThenElse(hn::Gt(raised, high), high, raised);
  };
  MapElements(count, y, clip, x);
}

void SigmoidGradientRun(const float* dy, const float* y, float* dx, std::size_t count,
                        UnaryConstants) {
  const auto gradient = [](FloatVector g, FloatVector s)
                            HWY_ATTR { return hn::Mul(g, hn::NegMulAdd(s, s, s)); };
  MapElements(count, dx, gradient, dy, y);
}

void TanhGradientRun(const float* dy, const float* y, float* dx, std::size_t count,
                     UnaryConstants) {
  const auto gradient = [](FloatVector g, FloatVector t) HWY_ATTR {
    return hn::Mul(g, hn::NegMulAdd(t, t, hn::Set(FloatTag(), 1.0f)));
  };
  MapElements(count, dx, gradient, dy, y);
}

void LogGradientRun(const float* dy, const float* x, float* dx, std::size_t count, UnaryConstants) {
  const auto gradient = [](FloatVector g, FloatVector v) HWY_ATTR { return hn::Div(g, v); };
  MapElements(count, dx, gradient, dy, x);
}

void SqrtGradientRun(const float* dy, const float* y, float* dx, std::size_t count,
                     UnaryConstants) {
  const auto gradient = [](FloatVector g, FloatVector v)
                            HWY_ATTR { return hn::Div(hn::Mul(g, hn::Set(FloatTag(), 0.5f)), v); };
  MapElements(count, dx, gradient, dy, y);
}

void PowGradientRun(const float* dy, const float* x, float* dx, std::size_t count,
                    UnaryConstants constants) {
  const float exponent = constants.first;
  const auto gradient = [=](FloatVector g, FloatVector v) HWY_ATTR {
    return hn::Mul(hn::Mul(g, hn::Set(FloatTag(), exponent)), PowerOf(v, exponent - 1));
  };
  MapElements(count, dx, gradient, dy, x);
}

void ClipGradientRun(const float* dy, const float* x, float* dx, std::size_t count,
                     UnaryConstants constants) {
  const auto gradient = [=](FloatVector g, FloatVector v) HWY_ATTR {
    const FloatTag tag;
    const FloatVector above = hn::IfThenZeroElse(hn::Lt(v, hn::Set(tag, constants.first)), g);
    return hn::IfThenZeroElse(hn::Gt(v, hn::Set(tag, constants.second)), above);
  };
  MapElements(count, dx, gradient, dy, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::cpu {

HWY_EXPORT(SigmoidRun);
HWY_EXPORT(TanhRun);
HWY_EXPORT(ExpRun);
HWY_EXPORT(LogRun);
HWY_EXPORT(SqrtRun);
HWY_EXPORT(PowRun);
HWY_EXPORT(ClipRun);
HWY_EXPORT(SigmoidGradientRun);
HWY_EXPORT(TanhGradientRun);
HWY_EXPORT(LogGradientRun);
HWY_EXPORT(SqrtGradientRun);
HWY_EXPORT(PowGradientRun);
HWY_EXPORT(ClipGradientRun);

namespace {

// (x, nothing) -> y, or (dy, x or y) -> dx.
using UnaryRun = void (*)(const float*, const float*, float*, std::size_t, UnaryConstants);

UnaryRun RunOf(std::string_view op) {
  const std::pair<std::string_view, UnaryRun> runs[] = {
      {"sigmoid", HWY_DYNAMIC_DISPATCH(SigmoidRun)},
      {"tanh", HWY_DYNAMIC_DISPATCH(TanhRun)},
      {"exp", HWY_DYNAMIC_DISPATCH(ExpRun)},
      {"log", HWY_DYNAMIC_DISPATCH(LogRun)},
      {"sqrt", HWY_DYNAMIC_DISPATCH(SqrtRun)},
      {"pow", HWY_DYNAMIC_DISPATCH(PowRun)},
      {"clip", HWY_DYNAMIC_DISPATCH(ClipRun)},
      {"sigmoid_gradient", HWY_DYNAMIC_DISPATCH(SigmoidGradientRun)},
      {"tanh_gradient", HWY_DYNAMIC_DISPATCH(TanhGradientRun)},
      {"log_gradient", HWY_DYNAMIC_DISPATCH(LogGradientRun)},
      {"sqrt_gradient", HWY_DYNAMIC_DISPATCH(SqrtGradientRun)},
      {"pow_gradient", HWY_DYNAMIC_DISPATCH(PowGradientRun)},
      {"clip_gradient", HWY_DYNAMIC_DISPATCH(ClipGradientRun)},
  };
  for (const auto& [name, run] : runs) {
    if (name == op) return run;
  }
  DESCENT_CHECK(!"the table of kernels names this function for these ops alone");
  return nullptr;
}

UnaryConstants ConstantsOf(const Node& node) {
  const auto real = [&](const char* name) {
    return static_cast<float>(node.attributes.Real(name));
  };
  if (node.op->name.starts_with("pow")) return {real("exponent")};
  if (node.op->name.starts_with("clip")) return {real("low"), real("high")};
  return {};
}

}  // namespace

PreparedStep PrepareUnaryFunction(const KernelRequest& request) {
  const auto total = static_cast<std::size_t>(ElementCount(request.output(0).shape));
  const UnaryRun map = RunOf(request.node.op->name);
  const UnaryConstants constants = ConstantsOf(request.node);
  const std::size_t last = request.node.inputs.size() - 1;
  return MakeStep([=, &pool = request.pool](const StepRun& run) {
    ForEachRun(pool, total, kElementsPerRun, [&](std::size_t first, std::size_t count) {
      map(run.input(0) + first, run.input(last) + first, run.output(0) + first, count, constants);
    });
  });
}

}  // namespace descent::cpu
#endif
