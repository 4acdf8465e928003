// The standard normal distribution on vectors, once for each instruction set. Own polynomials: the
// bits of a C library's functions depend on the CPU. Include after hwy/foreach_target.h.
#if defined(DESCENT_WORKER_KERNELS_CPU_NORMAL_DISTRIBUTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_WORKER_KERNELS_CPU_NORMAL_DISTRIBUTION_INL_H_
#undef DESCENT_WORKER_KERNELS_CPU_NORMAL_DISTRIBUTION_INL_H_
#else
#define DESCENT_WORKER_KERNELS_CPU_NORMAL_DISTRIBUTION_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "worker/kernels/cpu/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::cpu {
namespace HWY_NAMESPACE {

// c0 + c1 z + c2 z^2 + ... by Horner's rule.
HWY_INLINE FloatVector Polynomial(FloatVector, float last) { return hn::Set(FloatTag(), last); }
template <typename... Rest>
HWY_INLINE FloatVector Polynomial(FloatVector z, float first, Rest... rest) {
  return hn::MulAdd(Polynomial(z, rest...), z, hn::Set(FloatTag(), first));
}

// erf(x) = x P(x^2) / Q(x^2) on |x| <= 3.925, beyond which it is +-1 in f32. P and Q of degree 5
// are a minimax fit of the relative error, 1.9e-8 before rounding; in f32 the result is within 5
// ulp. NaN may give any number.
HWY_INLINE FloatVector Erf(FloatVector x) {
  const FloatTag tag;
  const FloatVector limit = hn::Set(tag, 3.925f);
  const FloatVector bounded = hn::Max(hn::Min(x, limit), hn::Neg(limit));
  const FloatVector z = hn::Mul(bounded, bounded);
  const FloatVector p =
      Polynomial(z, 1.1283791065216064f, 0.1905805468559265f, 0.05276726931333542f,
                 0.0037718939129263163f, 0.00028481410117819905f, 2.0459444840525975e-06f);
  const FloatVector q =
      Polynomial(z, 1.0f, 0.5022303462028503f, 0.11417700350284576f, 0.014981911517679691f,
                 0.00116367032751441f, 3.804536027018912e-05f);
  return hn::Mul(bounded, hn::Div(p, q));
}

// Phi(x) = (1 + erf(x / sqrt 2)) / 2.
HWY_INLINE FloatVector NormalCdf(FloatVector x) {
  const FloatTag tag;
  const FloatVector half = hn::Set(tag, 0.5f);
  const FloatVector root_half = hn::Set(tag, 0.70710678f);
  return hn::MulAdd(half, Erf(hn::Mul(x, root_half)), half);
}

// phi(x) = exp(-x^2 / 2) / sqrt(2 pi).
HWY_INLINE FloatVector NormalDensity(FloatVector x) {
  const FloatTag tag;
  const FloatVector exponent = hn::Mul(hn::Mul(x, x), hn::Set(tag, -0.5f));
  return hn::Mul(hn::Exp(tag, exponent), hn::Set(tag, 0.39894228f));
}

}  // namespace HWY_NAMESPACE
}  // namespace descent::cpu
HWY_AFTER_NAMESPACE();

#endif
