#include "common/random.h"

#include <cmath>
#include <numbers>

namespace descent {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1

PhiloxCounter Round(const PhiloxCounter& counter, const PhiloxKey& key) {
  const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
  const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
  return {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
          static_cast<std::uint32_t>(product1),
          static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
          static_cast<std::uint32_t>(product0)};
}

// ln(x), for 0 < x: x = m 2^e with m near 1, and the series of 2 artanh((m - 1) / (m + 1)).
double NaturalLogarithm(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < std::numbers::sqrt2 / 2) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);  // |s| < 0.172
  double sum = 0;
  for (int power = 21; power >= 1; power -= 2) sum = sum * s * s + 1.0 / power;
  return 2 * s * sum + exponent * std::numbers::ln2;
}

// c[0] z^n + ... + c[n] by Horner's rule.
template <std::size_t size>
double Polynomial(double z, const std::array<double, size>& coefficients) {
  double value = 0;
  for (const double coefficient : coefficients) value = value * z + coefficient;
  return value;
}

// The quantile of the standard normal distribution, for 0 < probability <= 1/2.
double LowerQuantile(double probability) {
  constexpr double kTail = 0.02425;
  if (probability < kTail) {
    const double q = std::sqrt(-2 * NaturalLogarithm(probability));
    return Polynomial<6>(q,
                         {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00}) /
           Polynomial<5>(q, {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                             3.754408661907416e+00, 1.0});
  }
  const double q = probability - 0.5;
  const double r = q * q;
  return q *
         Polynomial<6>(r, {-3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
                           1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00}) /
         Polynomial<6>(r, {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                           6.680131188771972e+01, -1.328068155288572e+01, 1.0});
}

}  // namespace

std::array<std::uint32_t, 4> Philox4x32(PhiloxCounter counter, PhiloxKey key) {
  counter = Round(counter, key);
  for (int round = 1; round < 10; ++round) {
    key[0] += kWeyl0;
    key[1] += kWeyl1;
    counter = Round(counter, key);
  }
  return counter;
}

// The seed and the purpose fill 96 bits and a key has 64, so one block of the cipher mixes them.
PhiloxKey MakePhiloxKey(std::uint64_t seed, RandomPurpose purpose) {
  const auto mixed =
      Philox4x32({static_cast<std::uint32_t>(purpose), 0, 0, 0},
                 {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return {mixed[0], mixed[1]};
}

double ToNormal(std::uint32_t word) {
  const double probability = (static_cast<double>(word) + 0.5) * 0x1p-32;
  if (probability > 0.5) return -LowerQuantile(1 - probability);
  return LowerQuantile(probability);
}

}  // namespace descent
