#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/token_type.h"

namespace descent {

// What a job file says of tokens, in its part `data`.

enum class Tokenizer { kByte, kChar, kGpt2 };

struct VocabularySpec {
  std::string vocab;   // the tokenizer's file: vocab.json of gpt2, a text of all characters of char
  std::string merges;  // of gpt2: merges.txt
  std::int64_t size = 0;           // tokens are below it; 0: the tokenizer's
  std::optional<TokenType> dtype;  // of token files without a header; absent: uint16
};

}  // namespace descent
