#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/hash.h"
#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/byte_pair_encoding.h"

namespace descent {

// What each token of a text stands for.
//   byte  token i is the byte i, of 256: any text has tokens
//   char  token i is the i-th character of an ascending list of code points
//   gpt2  token i is the i-th of a byte pair encoding
// Immutable, so any thread may call.
class Vocabulary {
 public:
  static Vocabulary Bytes();

  // The characters of `texts`, each once. kInvalidArgument: there are none, or more than 65536.
  // The texts are UTF-8 (FindInvalidUtf8), or it aborts.
  static Result<Vocabulary> CharactersOf(const std::vector<std::string_view>& texts);

  // From what characters() returned. kInvalidArgument: not UTF-8, not ascending, none, or too many.
  static Result<Vocabulary> FromCharacters(std::string_view characters);

  explicit Vocabulary(BytePairEncoding byte_pairs);

  Tokenizer tokenizer() const { return tokenizer_; }
  std::int64_t size() const;       // tokens are in [0, size)
  std::string characters() const;  // of `char`: all, in token order, as UTF-8; else empty
  const BytePairTables* byte_pair_tables() const;  // of `gpt2`; else null

  // Adds all that makes it what it is.
  void AddTo(ChunkedHasher& hasher) const;

  // kInvalidArgument, as "line 3: …", one line for the first bad place and the count of the others:
  // of `char` and `gpt2`, bytes that are not UTF-8; of `char`, characters that the vocabulary does
  // not have.
  Result<std::vector<std::uint32_t>> Encode(std::string_view text) const;

  // The bytes that a token stands for; of `byte` and `gpt2` a character may take several.
  std::string Decode(std::int64_t token) const;

  bool operator==(const Vocabulary& other) const {
    return tokenizer_ == other.tokenizer_ && code_points_ == other.code_points_ &&
           byte_pairs_ == other.byte_pairs_;
  }

 private:
  Vocabulary(Tokenizer tokenizer, std::vector<char32_t> code_points);
  Result<std::vector<std::uint32_t>> EncodeCharacters(std::string_view text) const;

  Tokenizer tokenizer_;
  std::vector<char32_t> code_points_;  // of `char`: ascending
  std::unordered_map<char32_t, std::uint32_t> token_of_;
  std::optional<BytePairEncoding> byte_pairs_;  // of `gpt2`
};

// "line 3: byte 0xff is not UTF-8" for the first such place of a text; empty if there is none.
std::string FindInvalidUtf8(std::string_view text);

}  // namespace descent
