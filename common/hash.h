#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// A 128-bit XXH3 hash. Detects accidents, not adversaries.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const Digest&) const = default;
  std::string ToHex() const;  // 32 lower-case hex digits
};

Digest Hash(std::span<const std::byte> bytes);
Result<Digest> DigestFromHex(std::string_view hex);

// Hashes a sequence of byte strings in chunks of kDigestChunkBytes; chunks never cross from one
// string to the next. The same strings in the same order give the same digest, in whatever pieces
// they came. Not thread-safe.
class ChunkedHasher {
 public:
  static constexpr std::size_t kDigestChunkBytes = std::size_t{4} << 20;

  ChunkedHasher();
  ~ChunkedHasher();

  void Add(std::span<const std::byte> string);  // a whole one; none is open

  // One that comes in pieces, of any size. The first piece opens it.
  void AddPiece(std::span<const std::byte> piece);
  void EndString();  // closes what is open, if anything is

  // Of the strings that are closed:
  const std::vector<Digest>& chunks() const { return chunks_; }
  Digest Finish() const;  // the hash of the chunks' digests, in order

 private:
  struct OpenChunk;

  std::vector<Digest> chunks_;
  std::unique_ptr<OpenChunk> open_;  // made when it is first needed
};

}  // namespace descent
