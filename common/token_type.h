#pragma once

#include <cstddef>
#include <cstdint>

namespace descent {

// How a token lies in a file or in memory, little-endian.
enum class TokenType { kUint16, kUint32 };

constexpr std::size_t TokenBytes(TokenType type) { return type == TokenType::kUint16 ? 2 : 4; }

// The narrower type that holds all tokens of a vocabulary of this size.
constexpr TokenType TokenTypeFor(std::int64_t vocabulary_size) {
  return vocabulary_size <= (std::int64_t{1} << 16) ? TokenType::kUint16 : TokenType::kUint32;
}

}  // namespace descent
