#pragma once

namespace descent::cpu {

// The constants of a function of each element, as far as it has any.
struct UnaryConstants {
  float first = 0;   // exponent, or low
  float second = 0;  // high
};

}  // namespace descent::cpu
