#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace descent {

struct Utf8Character {
  char32_t code_point = 0;
  std::size_t bytes = 0;  // 1 to 4

  bool operator==(const Utf8Character&) const = default;
};

// The first character of `text`. Nothing if its bytes are not UTF-8: a wrong or missing
// continuation, a longer form than needed, a surrogate, or beyond U+10FFFF.
// Source: RFC 3629, section 4.
std::optional<Utf8Character> DecodeUtf8(std::string_view text);

bool IsUtf8(std::string_view text);

// `bytes` as text: what is no character of UTF-8 is replaced, byte by byte, by U+FFFD.
std::string ToUtf8(std::string_view bytes);

// The bytes of a code point that DecodeUtf8 can return.
std::string EncodeUtf8(char32_t code_point);

// How many bytes the character that begins with `first` has, by that byte alone; 1 if none begins
// with it.
std::size_t Utf8SizeOf(unsigned char first);

}  // namespace descent
