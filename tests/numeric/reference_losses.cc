#include <algorithm>
#include <cmath>
#include <vector>

#include "common/sample_format.h"
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

// One row: its logits become what the loss's gradient is of them. Outputs begin as zeros.
void LinearCrossEntropyRow(const Operands& o, std::size_t row, std::vector<double>& logits) {
  if (o.in(2)[row] == kIgnoredLabel) {
    std::ranges::fill(logits, 0.0);
    return;
  }
  const auto label = static_cast<std::size_t>(o.in(2)[row]);
  const double smoothing = o.node.attributes.Real("smoothing");
  const auto classes = static_cast<double>(logits.size());
  const auto is_larger = [&](double logit) { return logit > logits[label]; };
  o.out(3)[row] = std::ranges::none_of(logits, is_larger) ? 1 : 0;
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit);
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double target = (c == label ? 1 - smoothing : 0) + smoothing / classes;
    o.out(2)[row] += target * (std::log(sum) - logits[c]);
    logits[c] = o.in(3)[row] * (std::exp(logits[c]) / sum - target);
  }
}

void LinearCrossEntropy(const Operands& o) {
  const auto rows = static_cast<std::size_t>(o.in_shape(0)[0]);
  const auto width = static_cast<std::size_t>(o.in_shape(0)[1]);
  const auto classes = static_cast<std::size_t>(o.in_shape(1)[0]);
  const std::size_t first_shown = rows - static_cast<std::size_t>(o.out_shape(4)[0]);
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<double> logits(classes);
    for (std::size_t i = 0; i < classes * width; ++i)
      logits[i / width] += o.in(0)[row * width + i % width] * o.in(1)[i];
    LinearCrossEntropyRow(o, row, logits);
    for (std::size_t i = 0; i < classes * width; ++i) {
      o.out(0)[i] += logits[i / width] * o.in(0)[row * width + i % width];
      o.out(1)[row * width + i % width] += logits[i / width] * o.in(1)[i];
    }
    for (std::size_t c = 0; row >= first_shown && c < classes; ++c)
      o.out(4)[(row - first_shown) * classes + c] = logits[c];
  }
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
      {"linear_cross_entropy", LinearCrossEntropy},
      {"binary_correct", Map<IsOnTheRightSide>},
      {"cast", Map<Same>},
  };
  return kTable;
}

}  // namespace descent
