#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// What defines a byte pair encoding, as GPT-2's two files say it.
struct BytePairTables {
  std::vector<std::string> tokens;  // by number, each written in symbols (byte_symbols.h)
  std::vector<std::string> merges;  // "left right": two tokens that become one, the earliest first

  bool operator==(const BytePairTables&) const = default;
};

// Reads vocab.json (or encoder.json), an object from each token to its number, and merges.txt (or
// vocab.bpe), a merge a line after an optional line "#version…". kInvalidArgument, for the first
// problem: not such an object, or numbers that are not 0, 1, … each once.
Result<BytePairTables> ParseBytePairTables(std::string_view vocabulary_json,
                                           std::string_view merges_text);

}  // namespace descent
