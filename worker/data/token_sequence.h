#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/hash.h"
#include "common/shard_planner.h"
#include "common/token_type.h"
#include "worker/data/token_file.h"

namespace descent {

// Tokens as `type`, which holds them all, one after the other.
std::vector<std::byte> PackTokens(std::span<const std::uint32_t> tokens, TokenType type);

// The tokens of a text, one after the other, in memory or in mapped files. Once it is built it is
// read only, and any thread may read.
class TokenSequence {
 public:
  // Copies tokens into memory as `type`, which holds them all. They come from the file `path`.
  void Append(std::span<const std::uint32_t> tokens, TokenType type, std::string path);
  void Append(TokenFile file);

  // Leaves only the tokens of `range`, which lies within [0, size).
  void Cut(IndexRange range);

  std::int64_t size() const { return size_; }

  // Copies the tokens from `first` on; all of them are there.
  void Copy(std::int64_t first, std::span<std::int32_t> tokens) const;

  // The paths of the files that hold the tokens of `range`, which lies within [0, size), in order.
  std::vector<std::string> FilesOf(IndexRange range) const;

  // "a.bin: token 70000 at index 12 (and 3 more)" for each file with tokens that are not below
  // `vocabulary_size`; empty if there is none. Reads everything once.
  std::vector<std::string> FindTokensBeyond(std::int64_t vocabulary_size) const;

  // Adds what lies there, piece by piece.
  void AddTo(ChunkedHasher& hasher) const;

 private:
  struct Piece {
    std::string path;  // of a file
    TokenType type = TokenType::kUint16;
    std::span<const std::byte> bytes;
    std::int64_t start = 0;        // of its first token, in the sequence
    std::int64_t first_index = 0;  // of its first token, in the file

    std::int64_t size() const;
    void Cut(IndexRange range);  // of its own tokens
    void Copy(std::int64_t first, std::span<std::int32_t> tokens) const;
  };

  void AddPiece(Piece piece);

  std::int64_t size_ = 0;
  std::vector<Piece> pieces_;  // in order; none is empty
  // What the pieces look at.
  std::vector<std::vector<std::byte>> buffers_;
  std::vector<MappedFile> files_;
};

}  // namespace descent
