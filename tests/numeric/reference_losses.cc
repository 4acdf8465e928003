#include <algorithm>
#include <cmath>

#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

using Loss = double (*)(double x, double target, const Attributes& attributes);

double BinaryCrossEntropy(double x, double target, const Attributes&) {
  return std::log(1 + std::exp(x)) - target * x;
}
double BinaryCrossEntropySlope(double x, double target, const Attributes&) {
  return 1 / (1 + std::exp(-x)) - target;
}

double SquaredError(double x, double target, const Attributes&) {
  return (x - target) * (x - target);
}
double SquaredErrorSlope(double x, double target, const Attributes&) { return 2 * (x - target); }

double Huber(double x, double target, const Attributes& attributes) {
  const double delta = attributes.Real("delta");
  const double error = std::abs(x - target);
  return error <= delta ? error * error / 2 : delta * (error - delta / 2);
}
double HuberSlope(double x, double target, const Attributes& attributes) {
  const double delta = attributes.Real("delta");
  return std::clamp(x - target, -delta, delta);
}

template <Loss loss>
void RowMean(const Operands& o) {
  const auto columns = static_cast<std::size_t>(o.in_shape(0)[1]);
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i / columns] +=
        loss(o.in(0)[i], o.in(1)[i], o.node.attributes) / static_cast<double>(columns);
}

template <Loss slope>
void RowMeanGradient(const Operands& o) {
  const auto columns = static_cast<std::size_t>(o.in_shape(0)[1]);
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i] = o.in(2)[i / columns] * slope(o.in(0)[i], o.in(1)[i], o.node.attributes) /
                  static_cast<double>(columns);
}

double IsOnTheRightSide(double logit, double label) { return (logit > 0) == (label == 1) ? 1 : 0; }
double Same(double x) { return x; }

}  // namespace

const InterpretationTable& LossInterpretations() {
  static const InterpretationTable kTable = {
      {"binary_cross_entropy", RowMean<BinaryCrossEntropy>},
      {"binary_cross_entropy_gradient", RowMeanGradient<BinaryCrossEntropySlope>},
      {"squared_error", RowMean<SquaredError>},
      {"squared_error_gradient", RowMeanGradient<SquaredErrorSlope>},
      {"huber", RowMean<Huber>},
      {"huber_gradient", RowMeanGradient<HuberSlope>},
      {"binary_correct", Map<IsOnTheRightSide>},
      {"cast", Map<Same>},
  };
  return kTable;
}

}  // namespace descent
