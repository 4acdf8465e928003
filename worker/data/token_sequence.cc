#include "worker/data/token_sequence.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

template <typename Stored>
Stored Load(std::span<const std::byte> bytes, std::size_t index) {
  Stored token = 0;
  std::memcpy(&token, bytes.data() + index * sizeof(Stored), sizeof(Stored));
  return token;
}

template <typename Stored>
std::vector<std::byte> Narrow(std::span<const std::uint32_t> tokens) {
  std::vector<std::byte> bytes(tokens.size() * sizeof(Stored));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto token = static_cast<Stored>(tokens[i]);
    DESCENT_DCHECK(token == tokens[i]);
    std::memcpy(bytes.data() + i * sizeof(Stored), &token, sizeof(Stored));
  }
  return bytes;
}

template <typename Stored>
void Widen(std::span<const std::byte> bytes, std::span<std::int32_t> tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = static_cast<std::int32_t>(Load<Stored>(bytes, i));
}

struct TokensBeyond {
  std::int64_t count = 0;
  std::size_t first_index = 0;
  std::uint32_t first_token = 0;
};

template <typename Stored>
TokensBeyond FindBeyond(std::span<const std::byte> bytes, std::int64_t vocabulary_size) {
  const std::size_t count = bytes.size() / sizeof(Stored);
  Stored largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, Load<Stored>(bytes, i));
  TokensBeyond beyond;
  if (std::int64_t{largest} < vocabulary_size) return beyond;
  for (std::size_t i = 0; i < count; ++i) {
    const Stored token = Load<Stored>(bytes, i);
    if (std::int64_t{token} < vocabulary_size) continue;
    if (beyond.count++ == 0) {
      beyond.first_index = i;
      beyond.first_token = token;
    }
  }
  return beyond;
}

}  // namespace

std::vector<std::byte> PackTokens(std::span<const std::uint32_t> tokens, TokenType type) {
  return type == TokenType::kUint16 ? Narrow<std::uint16_t>(tokens) : Narrow<std::uint32_t>(tokens);
}

std::int64_t TokenSequence::Piece::size() const {
  return static_cast<std::int64_t>(bytes.size() / TokenBytes(type));
}

void TokenSequence::Piece::Cut(IndexRange range) {
  bytes = bytes.subspan(static_cast<std::size_t>(range.first) * TokenBytes(type),
                        static_cast<std::size_t>(range.size()) * TokenBytes(type));
  first_index += range.first;
}

void TokenSequence::Piece::Copy(std::int64_t first, std::span<std::int32_t> tokens) const {
  const auto from = bytes.subspan(static_cast<std::size_t>(first) * TokenBytes(type),
                                  tokens.size() * TokenBytes(type));
  if (type == TokenType::kUint16) {
    Widen<std::uint16_t>(from, tokens);
  } else {
    Widen<std::uint32_t>(from, tokens);
  }
}

void TokenSequence::AddPiece(Piece piece) {
  if (piece.bytes.empty()) return;
  piece.start = size_;
  size_ += piece.size();
  pieces_.push_back(std::move(piece));
}

void TokenSequence::Append(std::span<const std::uint32_t> tokens, TokenType type,
                           std::string path) {
  buffers_.push_back(PackTokens(tokens, type));
  AddPiece({.path = std::move(path), .type = type, .bytes = buffers_.back()});
}

void TokenSequence::Append(TokenFile file) {
  AddPiece({.path = file.path.string(), .type = file.type, .bytes = file.tokens});
  files_.push_back(std::move(file.file));
}

void TokenSequence::Cut(IndexRange range) {
  DESCENT_CHECK(range.first >= 0);
  DESCENT_CHECK(range.first <= range.last);
  DESCENT_CHECK(range.last <= size_);
  size_ = 0;
  for (Piece piece : std::exchange(pieces_, {})) {
    const std::int64_t start = piece.start;
    const std::int64_t first = std::clamp<std::int64_t>(range.first - start, 0, piece.size());
    const std::int64_t last = std::clamp<std::int64_t>(range.last - start, 0, piece.size());
    piece.Cut({.first = first, .last = last});
    AddPiece(std::move(piece));
  }
}

void TokenSequence::Copy(std::int64_t first, std::span<std::int32_t> tokens) const {
  DESCENT_CHECK(first >= 0);
  DESCENT_CHECK(first + std::ssize(tokens) <= size_);
  auto next_piece = std::ranges::upper_bound(pieces_, first, {}, &Piece::start);
  for (; !tokens.empty(); ++next_piece) {
    const Piece& piece = *std::prev(next_piece);
    const std::int64_t offset = first - piece.start;
    const std::int64_t count = std::min(std::ssize(tokens), piece.size() - offset);
    piece.Copy(offset, tokens.first(static_cast<std::size_t>(count)));
    tokens = tokens.subspan(static_cast<std::size_t>(count));
    first += count;
  }
}

std::vector<std::string> TokenSequence::FilesOf(IndexRange range) const {
  std::vector<std::string> paths;
  for (const Piece& piece : pieces_)
    if (piece.start < range.last && range.first < piece.start + piece.size())
      paths.push_back(piece.path);
  return paths;
}

std::vector<std::string> TokenSequence::FindTokensBeyond(std::int64_t vocabulary_size) const {
  std::vector<std::string> problems;
  for (const Piece& piece : pieces_) {
    const TokensBeyond beyond = piece.type == TokenType::kUint16
                                    ? FindBeyond<std::uint16_t>(piece.bytes, vocabulary_size)
                                    : FindBeyond<std::uint32_t>(piece.bytes, vocabulary_size);
    if (beyond.count == 0) continue;
    const std::string others =
        beyond.count > 1 ? fmt::format(" (and {} more)", beyond.count - 1) : "";
    problems.push_back(fmt::format("{}: token {} at index {}{}", piece.path, beyond.first_token,
                                   static_cast<std::size_t>(piece.first_index) + beyond.first_index,
                                   others));
  }
  return problems;
}

void TokenSequence::AddTo(ChunkedHasher& hasher) const {
  for (const Piece& piece : pieces_) hasher.Add(piece.bytes);
}

}  // namespace descent
