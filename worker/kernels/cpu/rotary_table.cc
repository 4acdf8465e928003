#include "worker/kernels/cpu/rotary_table.h"

#include <complex>

namespace descent::cpu {
namespace {

constexpr double kLogBase = 9.210340371976182736;  // of 10000

// e^z for |z| <= 10: the series of e^(z / 1024), squared ten times.
std::complex<double> Exponential(std::complex<double> z) {
  const std::complex<double> part = z / 1024.0;
  std::complex<double> sum = 1.0, term = 1.0;
  for (int i = 1; i <= 8; ++i) {
    term *= part / static_cast<double>(i);
    sum += term;
  }
  for (int i = 0; i < 10; ++i) sum *= sum;
  return sum;
}

}  // namespace

RotaryTable MakeRotaryTable(std::size_t tokens, std::size_t pairs) {
  RotaryTable table{std::vector<float>(tokens * pairs), std::vector<float>(tokens * pairs)};
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const double share = static_cast<double>(pair) / static_cast<double>(pairs);
    const double angle = Exponential(-share * kLogBase).real();
    const std::complex<double> turn = Exponential({0.0, angle});
    std::complex<double> place = 1.0;
    for (std::size_t token = 0; token < tokens; ++token) {
      table.cosines[token * pairs + pair] = static_cast<float>(place.real());
      table.sines[token * pairs + pair] = static_cast<float>(place.imag());
      place *= turn;
    }
  }
  return table;
}

}  // namespace descent::cpu
