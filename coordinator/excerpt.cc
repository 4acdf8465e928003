#include "coordinator/excerpt.h"

#include <spdlog/fmt/fmt.h>

namespace descent {
namespace {

constexpr std::size_t kBytesMax = 40;

}  // namespace

std::string Excerpt(std::string_view found) {
  std::string text = "\"";
  for (const char c : found.substr(0, kBytesMax)) {
    const bool is_printable = ' ' <= c && c <= '~';
    text +=
        is_printable ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text + (found.size() > kBytesMax ? "...\"" : "\"");
}

}  // namespace descent
