#include "worker/data/byte_symbols.h"

#include <array>
#include <cstddef>
#include <vector>

#include "common/utf8.h"

namespace descent {
namespace {

constexpr std::size_t kByteCount = 256;

bool IsPrintable(std::size_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::array<char32_t, kByteCount> MakeSymbols() {
  std::array<char32_t, kByteCount> symbols = {};
  char32_t next = kByteCount;
  for (std::size_t byte = 0; byte < kByteCount; ++byte)
    symbols[byte] = IsPrintable(byte) ? static_cast<char32_t>(byte) : next++;
  return symbols;
}

const std::array<char32_t, kByteCount>& Symbols() {
  static const std::array<char32_t, kByteCount> symbols = MakeSymbols();
  return symbols;
}

// By symbol: its byte, or nothing. Symbols are below U+0200.
std::vector<std::optional<char>> MakeBytes() {
  std::vector<std::optional<char>> bytes(2 * kByteCount);
  for (std::size_t byte = 0; byte < kByteCount; ++byte)
    bytes[Symbols()[byte]] = static_cast<char>(byte);
  return bytes;
}

}  // namespace

std::string SymbolOfByte(unsigned char byte) { return EncodeUtf8(Symbols()[byte]); }

std::optional<std::string> BytesOfSymbols(std::string_view symbols) {
  static const std::vector<std::optional<char>> byte_of = MakeBytes();
  std::string bytes;
  while (!symbols.empty()) {
    const std::optional<Utf8Character> symbol = DecodeUtf8(symbols);
    if (!symbol || symbol->code_point >= byte_of.size()) return std::nullopt;
    const std::optional<char> byte = byte_of[symbol->code_point];
    if (!byte) return std::nullopt;
    bytes += *byte;
    symbols.remove_prefix(symbol->bytes);
  }
  return bytes;
}

}  // namespace descent
