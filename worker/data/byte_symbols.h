#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace descent {

// GPT-2 writes a byte as one printable character, its symbol: a byte that is one in Latin-1 as
// itself, the n-th of the others as U+0100 + n. Source: Radford et al. 2019, encoder.py,
// bytes_to_unicode.

// The symbol of a byte, as UTF-8.
std::string SymbolOfByte(unsigned char byte);

// The bytes that a string of symbols stands for. Nothing if a character is no symbol, or if it is
// not UTF-8.
std::optional<std::string> BytesOfSymbols(std::string_view symbols);

}  // namespace descent
