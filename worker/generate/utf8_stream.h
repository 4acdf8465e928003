#pragma once

#include <string>
#include <string_view>

namespace descent {

// Makes valid UTF-8 of bytes that come one after the other: a character is held back until all its
// bytes are there, and a byte that belongs to none becomes U+FFFD. One thread.
class Utf8Stream {
 public:
  // What can be said now that `bytes` have come.
  std::string Put(std::string_view bytes);

  // What was held back, at the end.
  std::string Finish();

 private:
  std::string TakeReady(bool is_end);

  std::string pending_;
};

}  // namespace descent
