#include "worker/data/byte_symbols.h"

#include <gtest/gtest.h>

#include <set>

namespace descent {
namespace {

TEST(ByteSymbolsTest, APrintableByteIsItself) {
  EXPECT_EQ(SymbolOfByte('!'), "!");
  EXPECT_EQ(SymbolOfByte('~'), "~");
  EXPECT_EQ(SymbolOfByte(0xE9), "é");
}

TEST(ByteSymbolsTest, OtherBytesAreNumberedFrom256) {
  EXPECT_EQ(SymbolOfByte(0), "Ā");
  EXPECT_EQ(SymbolOfByte('\n'), "Ċ");
  EXPECT_EQ(SymbolOfByte(' '), "Ġ");
  EXPECT_EQ(SymbolOfByte(0x7F), "ġ");
  EXPECT_EQ(SymbolOfByte(0xAD), "Ń");
}

TEST(ByteSymbolsTest, EveryByteComesBackFromItsOwnSymbol) {
  std::set<std::string> symbols;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string symbol = SymbolOfByte(static_cast<unsigned char>(byte));
    symbols.insert(symbol);
    EXPECT_EQ(BytesOfSymbols(symbol), std::string(1, static_cast<char>(byte))) << byte;
  }
  EXPECT_EQ(symbols.size(), 256);
}

TEST(ByteSymbolsTest, OtherCharactersAreNoSymbols) {
  EXPECT_EQ(BytesOfSymbols("a b"), std::nullopt);
  EXPECT_EQ(BytesOfSymbols("日"), std::nullopt);
  EXPECT_EQ(BytesOfSymbols("ń"), std::nullopt);  // one beyond the last
  EXPECT_EQ(BytesOfSymbols("\xFF"), std::nullopt);
}

}  // namespace
}  // namespace descent
