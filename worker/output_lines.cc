#include "worker/output_lines.h"

#include <algorithm>
#include <cstdint>

namespace descent {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::size_t kFollowersMax = 3;  // of the first byte of a character

std::uint8_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// What the second byte of a character may be after this first one, and how many follow it in all.
// Table 3-7 of the Unicode standard: no character in more bytes than it needs, no surrogates, none
// beyond U+10FFFF.
struct Lead {
  std::size_t followers = 0;  // 0: no character begins with it
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xbf;
};

Lead LeadOf(std::uint8_t first) {
  if (first >= 0xc2 && first <= 0xdf) return {.followers = 1};
  if (first == 0xe0) return {.followers = 2, .second_min = 0xa0};
  if (first == 0xed) return {.followers = 2, .second_max = 0x9f};
  if (first >= 0xe1 && first <= 0xef) return {.followers = 2};
  if (first == 0xf0) return {.followers = 3, .second_min = 0x90};
  if (first >= 0xf1 && first <= 0xf3) return {.followers = 3};
  if (first == 0xf4) return {.followers = 3, .second_max = 0x8f};
  return {};
}

// The bytes of the character that begins at `at`; 0: none does.
std::size_t CharacterAt(std::string_view bytes, std::size_t at) {
  const std::uint8_t first = ByteAt(bytes, at);
  if (first < 0x80) return 1;
  const Lead lead = LeadOf(first);
  if (lead.followers == 0 || at + lead.followers >= bytes.size()) return 0;
  const std::uint8_t second = ByteAt(bytes, at + 1);
  if (second < lead.second_min || second > lead.second_max) return 0;
  for (std::size_t i = 2; i <= lead.followers; ++i)
    if ((ByteAt(bytes, at + i) & 0xc0) != 0x80) return 0;
  return lead.followers + 1;
}

// The end of a piece of at most `bytes_max` of them that cuts no character: one has four at most.
std::size_t PieceEnd(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.size() <= bytes_max) return bytes.size();
  for (std::size_t end = bytes_max; end + kFollowersMax >= bytes_max; --end)
    if ((ByteAt(bytes, end) & 0xc0) != 0x80) return end;
  return bytes_max;
}

// How many bytes at the end are the beginning of a character whose others may be yet to come.
std::size_t CutOffBytes(std::string_view bytes) {
  for (std::size_t count = 1; count <= std::min(kFollowersMax, bytes.size()); ++count) {
    const std::uint8_t byte = ByteAt(bytes, bytes.size() - count);
    if ((byte & 0xc0) == 0x80) continue;
    return LeadOf(byte).followers >= count ? count : 0;
  }
  return 0;
}

}  // namespace

std::string ValidUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = CharacterAt(bytes, at);
    text += size == 0 ? kReplacement : bytes.substr(at, size);
    at += size == 0 ? 1 : size;
  }
  return text;
}

void OutputLines::Add(std::string_view bytes) {
  rest_.append(bytes);
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
    Take(std::string_view(rest_).substr(begin, end - begin));
  rest_.erase(0, begin);
  if (rest_.size() <= limits::kLogTextBytesMax) return;
  const std::size_t end = rest_.size() - CutOffBytes(rest_);
  Take(std::string_view(rest_).substr(0, end));
  rest_.erase(0, end);
}

void OutputLines::Finish() { Take(std::exchange(rest_, "")); }

// A replaced byte takes three, so pieces are a third of what a line may have.
void OutputLines::Take(std::string_view line) {
  constexpr std::size_t kPieceBytes = limits::kLogTextBytesMax / 3;
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (!line.empty()) {
    const std::size_t end = PieceEnd(line, kPieceBytes);
    take_(ValidUtf8(line.substr(0, end)));
    line.remove_prefix(end);
  }
}

}  // namespace descent
