#include "worker/optim/deterministic_math.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "common/check.h"

namespace descent {
namespace {

// Taylor series of 1 - y^2/2! + y^4/4! - … (first_divisor 1) or of y - y^3/3! + … without its
// factor y (first_divisor 2). At |y| <= pi/4 the first term left out is below 1e-17.
double AlternatingSeries(double y, int first_divisor) {
  constexpr int kTerms = 9;
  double sum = 1;
  for (int term = kTerms; term >= 1; --term) {
    const int divisor = first_divisor + 2 * (term - 1);
    sum = 1 - sum * (y * y) / (divisor * (divisor + 1));
  }
  return sum;
}

// With base = m 2^e, m in [sqrt(1/2), sqrt(2)): e log(2) + 2 artanh((m - 1) / (m + 1)), where the
// first term of artanh's series that is left out is below 1e-18.
double LogOf(double base) {
  constexpr int kTerms = 12;
  int exponent = 0;
  double mantissa = std::frexp(base, &exponent);  // exact
  if (mantissa < std::numbers::sqrt2 / 2) {
    mantissa *= 2;
    --exponent;
  }
  const double y = (mantissa - 1) / (mantissa + 1);
  double sum = 0;
  for (int term = kTerms; term >= 0; --term) sum = 1.0 / (2 * term + 1) + sum * (y * y);
  return exponent * std::numbers::ln2 + 2 * y * sum;
}

// With x = n log(2) + r, |r| <= log(2) / 2: 2^n times the Taylor series of exp(r), where the first
// term left out is below 1e-18.
double ExpOf(double x) {
  constexpr int kTerms = 15;
  const double n = std::floor(x / std::numbers::ln2 + 0.5);
  const double r = x - n * std::numbers::ln2;
  double sum = 1;
  for (int term = kTerms; term >= 1; --term) sum = 1 + sum * r / term;
  return std::ldexp(sum, static_cast<int>(n));  // exact, or an underflow to zero
}

}  // namespace

double PowerOf(double base, std::int64_t exponent) {
  DESCENT_CHECK(exponent >= 0);
  double power = 1;
  for (double square = base; exponent > 0; exponent /= 2, square *= square)
    if (exponent % 2 == 1) power *= square;
  return power;
}

double RealPowerOf(double base, double exponent) {
  DESCENT_CHECK(0 <= base);
  DESCENT_CHECK(base <= 1);
  DESCENT_CHECK(exponent > 0);
  constexpr double kUnderflow = -1000;  // exp of it is below every double
  if (base == 0) return 0;
  const double log = exponent * LogOf(base);
  return log < kUnderflow ? 0 : ExpOf(log);
}

double CosineOfPi(double x) {
  DESCENT_CHECK(0 <= x);
  DESCENT_CHECK(x <= 1);
  if (x > 0.5) return -CosineOfPi(1 - x);
  if (x <= 0.25) return AlternatingSeries(std::numbers::pi * x, 1);
  const double complement = std::numbers::pi * (0.5 - x);
  return complement * AlternatingSeries(complement, 2);
}

// x = doublings ln 2 + rest, where |rest| <= ln(2) / 2: the series' first term left out is then
// below 1e-17. ln 2 is taken off in two parts, the first of which is exact in few bits.
double Exponential(double x) {
  constexpr double kLn2High = 6.93147180369123816490e-01;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr int kTerms = 14;
  if (std::isnan(x)) return x;
  if (x > 710) return std::numeric_limits<double>::infinity();
  if (x < -746) return 0;
  const double doublings = std::nearbyint(x / std::numbers::ln2);
  const double rest = (x - doublings * kLn2High) - doublings * kLn2Low;
  double sum = 1;
  for (int term = kTerms; term >= 1; --term) sum = 1 + sum * rest / term;
  return std::ldexp(sum, static_cast<int>(doublings));
}

}  // namespace descent
