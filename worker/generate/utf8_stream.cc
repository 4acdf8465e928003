#include "worker/generate/utf8_stream.h"

#include <algorithm>
#include <optional>

#include "common/utf8.h"

namespace descent {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The beginning of a character whose other bytes may still come.
bool IsIncomplete(std::string_view bytes) {
  if (bytes.size() >= Utf8SizeOf(static_cast<unsigned char>(bytes[0]))) return false;
  return std::all_of(bytes.begin() + 1, bytes.end(),
                     [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; });
}

}  // namespace

std::string Utf8Stream::Put(std::string_view bytes) {
  pending_ += bytes;
  return TakeReady(/*is_end=*/false);
}

std::string Utf8Stream::Finish() { return TakeReady(/*is_end=*/true); }

std::string Utf8Stream::TakeReady(bool is_end) {
  std::string ready;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const std::optional<Utf8Character> character = DecodeUtf8(rest);
    if (!character && !is_end && IsIncomplete(rest)) break;
    ready += character ? rest.substr(0, character->bytes) : kReplacement;
    rest.remove_prefix(character ? character->bytes : 1);
  }
  pending_ = std::string(rest);
  return ready;
}

}  // namespace descent
