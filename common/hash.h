#pragma once

#include <cstddef>
#include <cstdint>
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
// Add to the next. Adding the same pieces in the same order gives the same digest, however the
// chunks were computed. Not thread-safe.
class ChunkedHasher {
 public:
  static constexpr std::size_t kDigestChunkBytes = std::size_t{4} << 20;

  void Add(std::span<const std::byte> bytes);
  const std::vector<Digest>& chunks() const { return chunks_; }
  Digest Finish() const;  // the hash of the chunks' digests, in order

 private:
  std::vector<Digest> chunks_;
};

}  // namespace descent
