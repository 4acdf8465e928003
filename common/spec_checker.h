#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/job_spec.h"

namespace descent {

// Collects what is wrong with a spec, each time as "found, must be wanted". Bounds are inclusive
// and hold for no NaN. One thread.
class SpecChecker {
 public:
  void Require(bool is_met, std::string field, std::string_view found, std::string_view wanted);
  void RequireInRange(std::string field, std::int64_t value, std::int64_t min, std::int64_t max);
  void RequireNumber(bool is_met, std::string field, double value, std::string_view wanted);

  std::vector<Violation> TakeViolations();

 private:
  std::vector<Violation> violations_;
};

// For messages: in quotes, cut to a line's length, and without bytes that a terminal would obey.
std::string Quoted(const std::string& text);

// The same of a name, without the quotes.
std::string Printable(const std::string& name);

}  // namespace descent
