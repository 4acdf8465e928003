#include "worker/optim/deterministic_math.h"

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

}  // namespace

double PowerOf(double base, std::int64_t exponent) {
  DESCENT_CHECK(exponent >= 0);
  double power = 1;
  for (double square = base; exponent > 0; exponent /= 2, square *= square)
    if (exponent % 2 == 1) power *= square;
  return power;
}

double CosineOfPi(double x) {
  DESCENT_CHECK(0 <= x);
  DESCENT_CHECK(x <= 1);
  if (x > 0.5) return -CosineOfPi(1 - x);
  if (x <= 0.25) return AlternatingSeries(std::numbers::pi * x, 1);
  const double complement = std::numbers::pi * (0.5 - x);
  return complement * AlternatingSeries(complement, 2);
}

}  // namespace descent
