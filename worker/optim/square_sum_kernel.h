#pragma once

#include <cstddef>

namespace descent {

// The sum of the squares of values [count], in double, with the widest vectors that the machine
// has. Element i goes to running sum i % 16 and these are added in order, whatever the width: the
// bits are the same on every machine. Any alignment.
double SumOfSquares(const float* values, std::size_t count);

}  // namespace descent
