#include "coordinator/list_page.h"

#include <fmt/format.h>

#include <charconv>

#include "common/limits.h"
#include "coordinator/excerpt.h"

namespace descent {
namespace {

constexpr int kPageSizeDefault = 100;
// Of a list that is asked for as a whole.
constexpr std::size_t kEntriesMax = 10'000;

}  // namespace

std::variant<int, RequestError> PageSizeOf(int requested) {
  if (0 <= requested && requested <= limits::kPageSizeMax)
    return requested == 0 ? kPageSizeDefault : requested;
  return RequestError{
      Status(Code::kInvalidArgument, "page_size is " + std::to_string(requested) +
                                         ", must be 0 to " + std::to_string(limits::kPageSizeMax)),
      "PAGE_SIZE_INVALID",
      {},
      {}};
}

RequestError UnknownPageToken(const std::string& token) {
  return {Status(Code::kInvalidArgument,
                 "page_token " + Excerpt(token) + " is not one of this service"),
          "PAGE_TOKEN_INVALID",
          {},
          {}};
}

std::optional<std::int64_t> ParseSequenceToken(const std::string& token) {
  std::int64_t sequence = 0;
  if (token.empty()) return sequence;
  const char* end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data(), end, sequence);
  if (parsed.ec != std::errc() || parsed.ptr != end || sequence < 1) return std::nullopt;
  return sequence;
}

std::string PageKey(std::int64_t number) { return fmt::format("{:020}", number); }

std::variant<ListPage, RequestError> ParseListPage(std::string_view list, int page_size,
                                                   const std::string& page_token) {
  auto size = PageSizeOf(page_size);
  if (auto* error = std::get_if<RequestError>(&size)) return std::move(*error);
  ListPage page{
      .after = {},
      .entries_max = page_size == 0 ? kEntriesMax : static_cast<std::size_t>(std::get<int>(size))};
  if (page_token.empty()) return page;
  const std::string begin = ListPageToken(list, "");
  if (!page_token.starts_with(begin) || page_token.size() == begin.size())
    return UnknownPageToken(page_token);
  page.after = page_token.substr(begin.size());
  return page;
}

std::string ListPageToken(std::string_view list, const std::string& last_key) {
  return fmt::format("{}:{}", list, last_key);
}

}  // namespace descent
