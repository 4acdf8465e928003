#include "worker/data/vocabulary.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "common/check.h"
#include "common/utf8.h"

namespace descent {
namespace {

constexpr std::int64_t kByteCount = 256;
constexpr std::size_t kCharactersMax = std::size_t{1} << 16;  // a token is kept in 16 bits

std::int64_t LineOf(std::string_view text, std::size_t offset) {
  return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
}

std::string InvalidUtf8(std::string_view text, std::size_t offset) {
  return fmt::format("line {}: byte {:#04x} is not UTF-8", LineOf(text, offset),
                     static_cast<unsigned char>(text[offset]));
}

// As it looks, unless a terminal would obey it.
std::string NameOf(char32_t code_point) {
  const bool is_control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
  const std::string number = fmt::format("U+{:04X}", static_cast<std::uint32_t>(code_point));
  return is_control ? number : fmt::format("\"{}\" ({})", EncodeUtf8(code_point), number);
}

Status CheckCount(std::size_t count) {
  if (count >= 1 && count <= kCharactersMax) return Status();
  return Status(Code::kInvalidArgument,
                fmt::format("{} distinct characters, must be from 1 to {}{}", count, kCharactersMax,
                            count > kCharactersMax ? "; tokenizer: byte takes any text" : ""));
}

}  // namespace

std::string FindInvalidUtf8(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    const std::optional<Utf8Character> character = DecodeUtf8(text.substr(offset));
    if (!character) return InvalidUtf8(text, offset);
    offset += character->bytes;
  }
  return "";
}

Vocabulary Vocabulary::Bytes() { return Vocabulary(Tokenizer::kByte, {}); }

Result<Vocabulary> Vocabulary::CharactersOf(const std::vector<std::string_view>& texts) {
  std::set<char32_t> found;
  for (const std::string_view text : texts) {
    for (std::size_t offset = 0; offset < text.size();) {
      const std::optional<Utf8Character> character = DecodeUtf8(text.substr(offset));
      DESCENT_CHECK(character.has_value());
      found.insert(character->code_point);
      offset += character->bytes;
    }
  }
  DESCENT_RETURN_IF_ERROR(CheckCount(found.size()));
  return Vocabulary(Tokenizer::kChar, {found.begin(), found.end()});
}

Result<Vocabulary> Vocabulary::FromCharacters(std::string_view characters) {
  std::vector<char32_t> code_points;
  for (std::size_t offset = 0; offset < characters.size();) {
    const std::optional<Utf8Character> character = DecodeUtf8(characters.substr(offset));
    if (!character) return Status(Code::kInvalidArgument, InvalidUtf8(characters, offset));
    if (!code_points.empty() && character->code_point <= code_points.back())
      return Status(Code::kInvalidArgument, NameOf(character->code_point) + " comes after " +
                                                NameOf(code_points.back()) +
                                                ", characters must ascend");
    code_points.push_back(character->code_point);
    offset += character->bytes;
  }
  DESCENT_RETURN_IF_ERROR(CheckCount(code_points.size()));
  return Vocabulary(Tokenizer::kChar, std::move(code_points));
}

Vocabulary::Vocabulary(Tokenizer tokenizer, std::vector<char32_t> code_points)
    : tokenizer_(tokenizer), code_points_(std::move(code_points)) {
  for (std::size_t token = 0; token < code_points_.size(); ++token)
    token_of_[code_points_[token]] = static_cast<std::uint32_t>(token);
}

Vocabulary::Vocabulary(BytePairEncoding byte_pairs)
    : tokenizer_(Tokenizer::kGpt2), byte_pairs_(std::move(byte_pairs)) {}

std::int64_t Vocabulary::size() const {
  switch (tokenizer_) {
    case Tokenizer::kByte:
      return kByteCount;
    case Tokenizer::kChar:
      return std::ssize(code_points_);
    case Tokenizer::kGpt2:
      return byte_pairs_->size();
  }
  return 0;
}

const BytePairTables* Vocabulary::byte_pair_tables() const {
  return byte_pairs_ ? &byte_pairs_->tables() : nullptr;
}

void Vocabulary::AddTo(ChunkedHasher& hasher) const {
  const auto add = [&](const std::string& text) { hasher.Add(std::as_bytes(std::span(text))); };
  add(characters());
  if (!byte_pairs_) return;
  add(fmt::format("{}", fmt::join(byte_pairs_->tables().tokens, "\n")));
  add(fmt::format("{}", fmt::join(byte_pairs_->tables().merges, "\n")));
}

std::string Vocabulary::characters() const {
  std::string characters;
  for (const char32_t code_point : code_points_) characters += EncodeUtf8(code_point);
  return characters;
}

Result<std::vector<std::uint32_t>> Vocabulary::Encode(std::string_view text) const {
  switch (tokenizer_) {
    case Tokenizer::kByte:
      break;
    case Tokenizer::kChar:
      return EncodeCharacters(text);
    case Tokenizer::kGpt2: {
      const std::string problem = FindInvalidUtf8(text);
      if (!problem.empty()) return Status(Code::kInvalidArgument, problem);
      return byte_pairs_->Encode(text);
    }
  }
  std::vector<std::uint32_t> tokens(text.size());
  std::ranges::transform(text, tokens.begin(), [](unsigned char byte) { return byte; });
  return tokens;
}

Result<std::vector<std::uint32_t>> Vocabulary::EncodeCharacters(std::string_view text) const {
  std::vector<std::uint32_t> tokens;
  tokens.reserve(text.size());
  std::string first_unknown;
  std::int64_t unknown_count = 0;
  for (std::size_t offset = 0; offset < text.size();) {
    const std::optional<Utf8Character> character = DecodeUtf8(text.substr(offset));
    if (!character) return Status(Code::kInvalidArgument, InvalidUtf8(text, offset));
    const auto token = token_of_.find(character->code_point);
    if (token != token_of_.end()) {
      tokens.push_back(token->second);
    } else if (++unknown_count == 1) {
      first_unknown =
          fmt::format("line {}: {}", LineOf(text, offset), NameOf(character->code_point));
    }
    offset += character->bytes;
  }
  if (unknown_count == 0) return tokens;
  const std::string others =
      unknown_count > 1 ? fmt::format(" (and {} more)", unknown_count - 1) : "";
  return Status(Code::kInvalidArgument,
                fmt::format("{}{}, must be one of the {} characters of the training text",
                            first_unknown, others, size()));
}

std::string Vocabulary::Decode(std::int64_t token) const {
  DESCENT_CHECK(token >= 0);
  DESCENT_CHECK(token < size());
  switch (tokenizer_) {
    case Tokenizer::kByte:
      break;
    case Tokenizer::kChar:
      return EncodeUtf8(code_points_[static_cast<std::size_t>(token)]);
    case Tokenizer::kGpt2:
      return byte_pairs_->Decode(token);
  }
  return std::string(1, static_cast<char>(token));
}

}  // namespace descent
