#include "common/hash.h"

#include <xxhash.h>

#include <algorithm>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void AppendHex(std::uint64_t word, std::string& text) {
  for (int shift = 60; shift >= 0; shift -= 4) text += kHexDigits[(word >> shift) & 15];
}

void AppendBigEndian(std::uint64_t word, std::vector<std::byte>& bytes) {
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::byte>(word >> shift));
}

}  // namespace

std::string Digest::ToHex() const {
  std::string text;
  AppendHex(high, text);
  AppendHex(low, text);
  return text;
}

Digest Hash(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.high = hash.high64, .low = hash.low64};
}

Result<Digest> DigestFromHex(std::string_view hex) {
  const auto refuse = [&] {
    return Status(Code::kInvalidArgument, "digest is \"" + std::string(hex.substr(0, 64)) +
                                              "\", must be 32 lower-case hex digits");
  };
  if (hex.size() != 32) return refuse();
  std::uint64_t words[2] = {0, 0};
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const std::size_t digit = kHexDigits.find(hex[i]);
    if (digit == std::string_view::npos) return refuse();
    words[i / 16] = words[i / 16] << 4 | digit;
  }
  return Digest{.high = words[0], .low = words[1]};
}

// The chunk that the next piece goes on with.
struct ChunkedHasher::OpenChunk {
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state{XXH3_createState(),
                                                                 &XXH3_freeState};
  std::size_t bytes = 0;
};

ChunkedHasher::ChunkedHasher() = default;
ChunkedHasher::~ChunkedHasher() = default;

void ChunkedHasher::Add(std::span<const std::byte> string) {
  DESCENT_CHECK(open_ == nullptr || open_->bytes == 0);
  while (!string.empty()) {
    const std::size_t count = std::min(string.size(), kDigestChunkBytes);
    chunks_.push_back(Hash(string.first(count)));
    string = string.subspan(count);
  }
}

void ChunkedHasher::AddPiece(std::span<const std::byte> piece) {
  if (open_ == nullptr) open_ = std::make_unique<OpenChunk>();
  while (!piece.empty()) {
    if (open_->bytes == 0) XXH3_128bits_reset(open_->state.get());
    const std::size_t count = std::min(piece.size(), kDigestChunkBytes - open_->bytes);
    XXH3_128bits_update(open_->state.get(), piece.data(), count);
    open_->bytes += count;
    piece = piece.subspan(count);
    if (open_->bytes == kDigestChunkBytes) EndString();
  }
}

void ChunkedHasher::EndString() {
  if (open_ == nullptr || open_->bytes == 0) return;
  const XXH128_hash_t hash = XXH3_128bits_digest(open_->state.get());
  chunks_.push_back({.high = hash.high64, .low = hash.low64});
  open_->bytes = 0;
}

// In big-endian, as the hex form reads, so the digest does not depend on the machine's byte order.
Digest ChunkedHasher::Finish() const {
  std::vector<std::byte> bytes;
  bytes.reserve(chunks_.size() * 16);
  for (const Digest& chunk : chunks_) {
    AppendBigEndian(chunk.high, bytes);
    AppendBigEndian(chunk.low, bytes);
  }
  return Hash(bytes);
}

}  // namespace descent
