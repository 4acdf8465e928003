#pragma once

#include <string>

#include "client/api/types.h"

namespace descent {

// How far a job is. Pure.

// "60%": never 100% before the end.
std::string PercentText(double fraction);

// "[######------]", with `width` characters between the brackets.
std::string BarText(double fraction, int width);

// "[######------]  50%  step 5/10  epoch 1  loss 0.0812  25.2k samples/s  eta 0:09".
// The bar takes what the rest leaves of `columns`, up to 24, and goes where fewer than 8 are left.
std::string ProgressText(const JobView& job, int columns);

// The same with the pace in steps, and tokens where there are any:
// "[######------]  50%  step 5/10  epoch 6.0/10  98.3 steps/s  25.2k samples/s  eta 0:09".
std::string PaceText(const JobView& job, int columns);

}  // namespace descent
