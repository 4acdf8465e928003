#include <algorithm>
#include <cmath>

#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double SigmoidGradient(double dy, double y) { return dy * y * (1 - y); }
double Tanh(double x) { return std::tanh(x); }
double TanhGradient(double dy, double y) { return dy * (1 - y * y); }
double Exp(double x) { return std::exp(x); }
double Log(double x) { return std::log(x); }
double LogGradient(double dy, double x) { return dy / x; }
double Sqrt(double x) { return std::sqrt(x); }
double SqrtGradient(double dy, double y) { return dy / (2 * y); }

void Pow(const Operands& o) {
  const double exponent = o.node.attributes.Real("exponent");
  for (std::size_t i = 0; i < o.out(0).size(); ++i) o.out(0)[i] = std::pow(o.in(0)[i], exponent);
}

void PowGradient(const Operands& o) {
  const double exponent = o.node.attributes.Real("exponent");
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = o.in(0)[i] * exponent * std::pow(o.in(1)[i], exponent - 1);
}

void Clip(const Operands& o) {
  const double low = o.node.attributes.Real("low"), high = o.node.attributes.Real("high");
  for (std::size_t i = 0; i < o.out(0).size(); ++i) o.out(0)[i] = std::clamp(o.in(0)[i], low, high);
}

void ClipGradient(const Operands& o) {
  const double low = o.node.attributes.Real("low"), high = o.node.attributes.Real("high");
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = o.in(1)[i] >= low && o.in(1)[i] <= high ? o.in(0)[i] : 0;
}

}  // namespace

const InterpretationTable& UnaryInterpretations() {
  static const InterpretationTable kTable = {
      {"sigmoid", Map<Sigmoid>},
      {"sigmoid_gradient", Map<SigmoidGradient>},
      {"tanh", Map<Tanh>},
      {"tanh_gradient", Map<TanhGradient>},
      {"exp", Map<Exp>},
      {"log", Map<Log>},
      {"log_gradient", Map<LogGradient>},
      {"sqrt", Map<Sqrt>},
      {"sqrt_gradient", Map<SqrtGradient>},
      {"pow", Pow},
      {"pow_gradient", PowGradient},
      {"clip", Clip},
      {"clip_gradient", ClipGradient},
  };
  return kTable;
}

}  // namespace descent
