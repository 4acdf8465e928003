#pragma once

#include <cstdint>

namespace descent {

// The two functions of the C library that an update needs, from additions and multiplications
// alone: a C library picks its variants by CPU, and they may differ in the last bit.

// base^exponent, exponent >= 0, by repeated squaring. Relative error about exponent * 2^-53.
double PowerOf(double base, std::int64_t exponent);

// cos(pi x) for x in [0, 1]; exact at 0, 1/2 and 1. Absolute error below 1e-15.
double CosineOfPi(double x);

}  // namespace descent
