#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "worker/data/byte_pair_tables.h"

namespace descent {

// The tokens of GPT-2: the text is cut into pieces (SplitLikeGpt2), a piece begins as its bytes, a
// token each, and as long as neighbours have a merge, those of the earliest merge become one, the
// leftmost first. Source: Sennrich, Haddow and Birch 2016, "Neural machine translation of rare
// words with subword units", and Radford et al. 2019 for bytes. Immutable, so any thread may call.
class BytePairEncoding {
 public:
  // kInvalidArgument, a line for each problem up to ten: a token twice, a byte that no token stands
  // for, a merge that is not of two tokens, that makes none, or that is there twice.
  static Result<BytePairEncoding> Create(BytePairTables tables);

  const BytePairTables& tables() const { return tables_; }
  std::int64_t size() const { return std::ssize(tables_.tokens); }  // tokens are in [0, size)

  // `text` is UTF-8 (FindInvalidUtf8). A token such as <|endoftext|>, which no merge makes, is
  // never the result: in a text it is characters like others. kInternal: as SplitLikeGpt2.
  Result<std::vector<std::uint32_t>> Encode(std::string_view text) const;

  // The bytes that a token stands for, perhaps a part of a character. One that is not written in
  // symbols stands for its own UTF-8.
  const std::string& Decode(std::int64_t token) const {
    return bytes_[static_cast<std::size_t>(token)];
  }

  bool operator==(const BytePairEncoding& other) const { return tables_ == other.tables_; }

 private:
  friend class BytePairEncodingBuilder;
  class PieceEncoder;

  struct Merge {
    std::uint32_t rank = 0;
    std::uint32_t token = 0;  // what the two become
  };

  BytePairEncoding() = default;

  BytePairTables tables_;
  std::vector<std::string> bytes_;  // by token
  std::array<std::uint32_t, 256> token_of_byte_ = {};
  std::unordered_map<std::uint64_t, Merge> merge_of_;  // by left token << 32 | right token
};

}  // namespace descent
