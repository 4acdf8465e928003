#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "common/log_line.h"

namespace descent {

// Makes lines of what a program writes, as it comes: bytes that are no UTF-8 are replaced, empty
// lines left out, and a line that is longer than a log's may be comes in pieces, so that memory has
// a bound. One thread.
class OutputLines {
 public:
  explicit OutputLines(std::function<void(std::string_view line)> take) : take_(std::move(take)) {}

  void Add(std::string_view bytes);
  void Finish();  // half a line is one

 private:
  void Take(std::string_view line);

  const std::function<void(std::string_view line)> take_;
  std::string rest_;  // the beginning of a line
};

// With U+FFFD in the place of each byte that is not part of a character.
std::string ValidUtf8(std::string_view bytes);

}  // namespace descent
