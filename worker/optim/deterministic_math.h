#pragma once

#include <cstdint>

namespace descent {

// The functions of the C library that an update needs, from additions and multiplications
// alone: a C library picks its variants by CPU, and they may differ in the last bit.

// base^exponent, exponent >= 0, by repeated squaring. Relative error about exponent * 2^-53.
double PowerOf(double base, std::int64_t exponent);

// base^exponent of any exponent above 0, for base in [0, 1]. Relative error about 2^-52 times
// max(1, |exponent log(base)|).
double RealPowerOf(double base, double exponent);

// cos(pi x) for x in [0, 1]; exact at 0, 1/2 and 1. Absolute error below 1e-15.
double CosineOfPi(double x);

// e^x. Relative error below 1e-15; infinite above about 709.78, 0 below about -745; NaN gives NaN.
double Exponential(double x);

}  // namespace descent
