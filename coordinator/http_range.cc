#include "coordinator/http_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace descent {
namespace {

constexpr std::string_view kUnit = "bytes=";

// Digits alone; a number that is too large counts as the largest.
std::optional<std::int64_t> ParsePosition(std::string_view text) {
  if (text.empty() || text.front() == '-') return std::nullopt;
  std::int64_t position = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, position);
  if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument) return std::nullopt;
  if (parsed.ec == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
  return position;
}

RangeChoice Part(std::int64_t first, std::int64_t last, std::int64_t body_bytes) {
  if (first >= body_bytes) return {.kind = RangeChoice::Kind::kNotThere};
  return {.kind = RangeChoice::Kind::kPart,
          .first = first,
          .length = std::min(last, body_bytes - 1) - first + 1};
}

}  // namespace

RangeChoice ChooseRange(std::string_view range, std::int64_t body_bytes) {
  if (!range.starts_with(kUnit)) return {};
  range.remove_prefix(kUnit.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view first_text = range.substr(0, dash);
  const std::string_view last_text = range.substr(dash + 1);
  const std::optional<std::int64_t> first = ParsePosition(first_text);
  const std::optional<std::int64_t> last = ParsePosition(last_text);
  if (!last && !last_text.empty()) return {};
  if (first_text.empty()) {
    if (!last) return {};
    if (*last == 0) return {.kind = RangeChoice::Kind::kNotThere};
    return Part(std::max<std::int64_t>(body_bytes - *last, 0), body_bytes - 1, body_bytes);
  }
  if (!first || (last && *last < *first)) return {};
  return Part(*first, last.value_or(body_bytes - 1), body_bytes);
}

std::string ContentRange(const RangeChoice& choice, std::int64_t body_bytes) {
  if (choice.kind == RangeChoice::Kind::kNotThere) return fmt::format("bytes */{}", body_bytes);
  return fmt::format("bytes {}-{}/{}", choice.first, choice.first + choice.length - 1, body_bytes);
}

}  // namespace descent
