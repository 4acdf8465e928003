#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

// The elements of x that make up each result, in order.
std::vector<std::vector<double>> Groups(const Operands& o) {
  const Shape& axes = o.node.attributes.Integers("axes");
  std::vector<std::vector<double>> groups(o.out(0).size());
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    std::size_t rest = i, result = 0, stride = 1;
    for (std::size_t axis = o.in_shape(0).size(); axis-- > 0;) {
      const auto size = static_cast<std::size_t>(o.in_shape(0)[axis]);
      const bool is_kept = std::ranges::find(axes, static_cast<std::int64_t>(axis)) == axes.end();
      if (is_kept) {
        result += rest % size * stride;
        stride *= size;
      }
      rest /= size;
    }
    groups[result].push_back(o.in(0)[i]);
  }
  return groups;
}

double Sum(const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); }
double Mean(const std::vector<double>& x) { return Sum(x) / static_cast<double>(x.size()); }
double Max(const std::vector<double>& x) { return *std::ranges::max_element(x); }

template <double (*f)(const std::vector<double>&)>
void Reduce(const Operands& o) {
  const std::vector<std::vector<double>> groups = Groups(o);
  std::ranges::transform(groups, o.out(0).begin(), f);
}

std::size_t Columns(const Operands& o) { return static_cast<std::size_t>(o.out_shape(0).back()); }

void LogSoftmax(const Operands& o) {
  const std::size_t columns = Columns(o);
  for (std::size_t i = 0; i < o.in(0).size(); ++i) {
    const double* row = o.in(0).data() + i / columns * columns;
    double sum = 0;
    for (std::size_t column = 0; column < columns; ++column) sum += std::exp(row[column]);
    o.out(0)[i] = o.in(0)[i] - std::log(sum);
  }
}

void Softmax(const Operands& o) {
  LogSoftmax(o);
  for (double& y : o.out(0)) y = std::exp(y);
}

// The sum over the row of element i of dy, times y where it is weighted.
double RowSum(const Operands& o, std::size_t i, bool is_weighted) {
  const std::size_t columns = Columns(o), first = i / columns * columns;
  double sum = 0;
  for (std::size_t j = first; j < first + columns; ++j)
    sum += o.in(0)[j] * (is_weighted ? o.in(1)[j] : 1);
  return sum;
}

void SoftmaxGradient(const Operands& o) {
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i] = o.in(1)[i] * (o.in(0)[i] - RowSum(o, i, true));
}

void LogSoftmaxGradient(const Operands& o) {
  for (std::size_t i = 0; i < o.in(0).size(); ++i)
    o.out(0)[i] = o.in(0)[i] - std::exp(o.in(1)[i]) * RowSum(o, i, false);
}

}  // namespace

const InterpretationTable& ReduceInterpretations() {
  static const InterpretationTable kTable = {
      {"reduce_sum", Reduce<Sum>},
      {"reduce_mean", Reduce<Mean>},
      {"reduce_max", Reduce<Max>},
      {"softmax", Softmax},
      {"softmax_gradient", SoftmaxGradient},
      {"log_softmax", LogSoftmax},
      {"log_softmax_gradient", LogSoftmaxGradient},
  };
  return kTable;
}

}  // namespace descent
