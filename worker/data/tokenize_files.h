#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/vocabulary_spec.h"

namespace descent {

struct TokenizeRequest {
  std::vector<std::string> globs;  // of texts
  Tokenizer tokenizer = Tokenizer::kByte;
  VocabularySpec vocabulary;  // the tokenizer's files; of char without one: made from the texts
  std::string output;         // must not be there yet
  bool has_header = false;    // llm.c's (token_file.h)
};

struct TokenizeReport {
  std::int64_t file_count = 0;
  std::int64_t token_count = 0;
  std::int64_t vocabulary_size = 0;
  TokenType type = TokenType::kUint16;  // the narrower one that holds the vocabulary
  std::string characters_path;  // of char without a file: where the characters were written to
};

// Writes the tokens of texts into one token file, glob by glob, each in the order of its paths,
// every file encoded on its own. All tokens stay in memory until they are written. Of char without
// a file, the characters go to OUTPUT.characters, which is what `data.vocab` wants. Blocks.
// kInvalidArgument: a line for each problem of each file. Errors of writing as of common/file.h.
Result<TokenizeReport> TokenizeFiles(const TokenizeRequest& request);

}  // namespace descent
