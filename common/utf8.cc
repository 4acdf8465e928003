#include "common/utf8.h"

#include <array>

#include "common/check.h"

namespace descent {
namespace {

constexpr char32_t kCodePointMax = 0x10FFFF;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool IsSurrogate(char32_t code_point) { return code_point >= 0xD800 && code_point <= 0xDFFF; }

// Of a character of `size` bytes: a smaller one has a shorter form.
char32_t SmallestOf(std::size_t size) {
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  return kSmallest[size];
}

}  // namespace

std::size_t Utf8SizeOf(unsigned char first) {
  if (first >= 0xF0 && first <= 0xF4) return 4;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  return 1;
}

std::optional<Utf8Character> DecodeUtf8(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = Utf8SizeOf(byte(0));
  if (size == 1) {
    if (byte(0) >= 0x80) return std::nullopt;
    return Utf8Character{.code_point = byte(0), .bytes = 1};
  }
  if (text.size() < size) return std::nullopt;
  // The first byte of n has n ones and a zero before its bits of the code point.
  char32_t code_point = byte(0) & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  if (code_point < SmallestOf(size) || code_point > kCodePointMax || IsSurrogate(code_point))
    return std::nullopt;
  return Utf8Character{.code_point = code_point, .bytes = size};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::optional<Utf8Character> character = DecodeUtf8(text);
    if (!character) return false;
    text.remove_prefix(character->bytes);
  }
  return true;
}

std::string ToUtf8(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::optional<Utf8Character> character = DecodeUtf8(bytes);
    const std::size_t size = character ? character->bytes : 1;
    text += character ? bytes.substr(0, size) : kReplacement;
    bytes.remove_prefix(size);
  }
  return text;
}

std::string EncodeUtf8(char32_t code_point) {
  DESCENT_CHECK(code_point <= kCodePointMax);
  DESCENT_CHECK(!IsSurrogate(code_point));
  if (code_point < 0x80) return std::string(1, static_cast<char>(code_point));
  std::size_t size = 2;
  while (size < 4 && code_point >= SmallestOf(size + 1)) ++size;
  std::string bytes(size, '\0');
  for (std::size_t i = size - 1; i > 0; --i, code_point >>= 6)
    bytes[i] = static_cast<char>(0x80 | (code_point & 0x3F));
  bytes[0] = static_cast<char>((0xFF00u >> size) | code_point);
  return bytes;
}

}  // namespace descent
