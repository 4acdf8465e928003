#include <cmath>

#include "tests/numeric/reference_operands.h"

namespace descent {
namespace {

// The element of an operand that NumPy's rule puts at element `i` of a result.
double Repeated(const std::vector<double>& values, const Shape& operand, const Shape& result,
                std::size_t i) {
  std::size_t index = 0, stride = 1;
  for (std::size_t axis = result.size(); axis-- > 0;) {
    const auto size = static_cast<std::size_t>(result[axis]);
    const std::size_t place = i % size;
    i /= size;
    if (axis + operand.size() < result.size()) continue;
    const std::int64_t own = operand[axis + operand.size() - result.size()];
    index += own == 1 ? 0 : place * stride;
    stride *= static_cast<std::size_t>(own);
  }
  return values[index];
}

double At(const Operands& o, std::size_t operand, std::size_t i) {
  return Repeated(o.in(operand), o.in_shape(operand), o.out_shape(0), i);
}

template <double (*f)(double, double)>
void Broadcast(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i) o.out(0)[i] = f(At(o, 0, i), At(o, 1, i));
}

double Sum(double a, double b) { return a + b; }
double Difference(double a, double b) { return a - b; }
double Product(double a, double b) { return a * b; }
double Quotient(double a, double b) { return a / b; }
double Equal(double a, double b) { return a == b ? 1 : 0; }

void Where(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i)
    o.out(0)[i] = At(o, 0, i) != 0 ? At(o, 1, i) : At(o, 2, i);
}

void Expand(const Operands& o) {
  for (std::size_t i = 0; i < o.out(0).size(); ++i) o.out(0)[i] = At(o, 0, i);
}

}  // namespace

const InterpretationTable& BroadcastInterpretations() {
  static const InterpretationTable kTable = {
      {"add", Broadcast<Sum>},      {"sub", Broadcast<Difference>}, {"mul", Broadcast<Product>},
      {"div", Broadcast<Quotient>}, {"equal", Broadcast<Equal>},    {"where", Where},
      {"expand", Expand},
  };
  return kTable;
}

}  // namespace descent
