#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

namespace descent {

// What the number of an option of a command line must be. CLI11's own CLI::PositiveNumber and
// CLI::NonNegativeNumber print the largest double, which has 309 digits. Any thread.

inline CLI::Validator NumberValidator(const std::string& description, const std::string& wanted,
                                      bool (*is_right)(double number)) {
  return CLI::Validator(
      [wanted, is_right](std::string& given) {
        double number = 0;
        const bool is_number = CLI::detail::lexical_cast(given, number) && std::isfinite(number);
        return is_number && is_right(number) ? std::string() : given + ", must be " + wanted;
      },
      description);
}

inline CLI::Validator PositiveNumber() {
  return NumberValidator("POSITIVE", "a number above 0", [](double number) { return number > 0; });
}

inline CLI::Validator NonNegativeNumber() {
  return NumberValidator("NONNEGATIVE", "a number of at least 0",
                         [](double number) { return number >= 0; });
}

}  // namespace descent
