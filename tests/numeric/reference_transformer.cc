#include <cmath>
#include <numbers>

#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double Silu(double x) { return x * Sigmoid(x); }
double SiluGradient(double dy, double x) {
  return dy * (Sigmoid(x) + x * Sigmoid(x) * (1 - Sigmoid(x)));
}

double Inner(double x) { return std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x); }
double GeluTanh(double x) { return x * (1 + std::tanh(Inner(x))) / 2; }
double GeluTanhGradient(double dy, double x) {
  const double t = std::tanh(Inner(x));
  const double slope = std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
  return dy * ((1 + t) / 2 + x * (1 - t * t) * slope / 2);
}

void RmsNorm(const Operands& o) {
  const auto columns = static_cast<std::size_t>(o.in_shape(0)[1]);
  for (std::size_t row = 0; row < o.out(1).size(); ++row) {
    double square = 0;
    for (std::size_t i = 0; i < columns; ++i)
      square += std::pow(o.in(0)[row * columns + i], 2) / static_cast<double>(columns);
    o.out(1)[row] = 1 / std::sqrt(square + o.node.attributes.Real("epsilon"));
    for (std::size_t i = 0; i < columns; ++i)
      o.out(0)[row * columns + i] = o.in(0)[row * columns + i] * o.out(1)[row] * o.in(1)[i];
  }
}

void RmsNormGradient(const Operands& o) {
  const auto columns = static_cast<std::size_t>(o.in_shape(0)[1]);
  for (std::size_t row = 0; row < o.in(3).size(); ++row) {
    const double r = o.in(3)[row];
    double mean = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t at = row * columns + i;
      mean += o.in(0)[at] * o.in(2)[i] * o.in(1)[at] * r / static_cast<double>(columns);
    }
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t at = row * columns + i;
      o.out(0)[at] = r * (o.in(0)[at] * o.in(2)[i] - o.in(1)[at] * r * mean);
    }
  }
}

void RmsNormGainGradient(const Operands& o) {
  const auto columns = static_cast<std::size_t>(o.in_shape(0)[1]);
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i % columns] += o.in(0)[i] * o.in(1)[i] * o.in(2)[i / columns];
}

void Rotary(const Operands& o) {
  const auto columns = static_cast<std::size_t>(o.in_shape(0)[1]);
  const auto heads = static_cast<std::size_t>(o.node.attributes.Integer("heads"));
  const auto tokens = static_cast<std::size_t>(o.node.attributes.Integer("tokens"));
  const std::size_t width = columns / 3 / heads;
  const double direction = o.node.attributes.Flag("is_reversed") ? -1 : 1;
  o.out(0) = o.in(0);
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    const std::size_t column = i % columns, d = column % width;
    if (column >= columns / 3 * 2 || d >= width / 2) continue;
    const double frequency =
        std::pow(10000.0, -2 * static_cast<double>(d) / static_cast<double>(width));
    const double angle = direction * static_cast<double>(i / columns % tokens) * frequency;
    const double a = o.in(0)[i], b = o.in(0)[i + width / 2];
    o.out(0)[i] = a * std::cos(angle) - b * std::sin(angle);
    o.out(0)[i + width / 2] = b * std::cos(angle) + a * std::sin(angle);
  }
}

}  // namespace

const InterpretationTable& TransformerInterpretations() {
  static const InterpretationTable kTable = {
      {"silu", Map<Silu>},
      {"silu_gradient", Map<SiluGradient>},
      {"gelu_tanh", Map<GeluTanh>},
      {"gelu_tanh_gradient", Map<GeluTanhGradient>},
      {"rms_norm", RmsNorm},
      {"rms_norm_gradient", RmsNormGradient},
      {"rms_norm_gain_gradient", RmsNormGainGradient},
      {"rotary", Rotary},
  };
  return kTable;
}

}  // namespace descent
