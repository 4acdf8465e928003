#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "common/result.h"
#include "coordinator/request_error.h"

namespace descent {

// What the lists of the API have in common: a page at a time, each with a token for the next one.

// A page ends early before it has more bytes, so that clients of gRPC, which take 4 MiB by default,
// can read it. It has one entry at least.
inline constexpr std::size_t kPageBytesMax = std::size_t{3} << 20;

// How many a page of a list has at most; PAGE_SIZE_INVALID: out of range.
std::variant<int, RequestError> PageSizeOf(int requested);

// PAGE_TOKEN_INVALID: it was not made here.
RequestError UnknownPageToken(const std::string& token);

// A token that is a sequence number from 1 on. 0: it is empty. Nothing: it is none of these.
std::optional<std::int64_t> ParseSequenceToken(const std::string& token);

// As a key, by which entries are in the order of the numbers. Not negative.
std::string PageKey(std::int64_t number);

// What is asked of a list whose entries ascend by keys.
struct ListPage {
  std::string after;  // the key of the page before's last entry; empty: the first page
  std::size_t entries_max = 0;
};

// `list` names the list, whose tokens are no other's. Without a size it is all of it, up to 10,000.
// PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
std::variant<ListPage, RequestError> ParseListPage(std::string_view list, int page_size,
                                                   const std::string& page_token);
std::string ListPageToken(std::string_view list, const std::string& last_key);

// Fills `response` with the page of `entries` that `request` asks for. `key_of(entry)` ascends and
// is not empty; `encode(entry)` is its message, or why there is none; `messages_of(response)` is
// the repeated field.
template <typename Request, typename Entries, typename KeyOf, typename Encode, typename Response,
          typename MessagesOf>
std::optional<RequestError> FillPage(std::string_view list, const Request& request,
                                     const Entries& entries, const KeyOf& key_of,
                                     const Encode& encode, Response& response,
                                     const MessagesOf& messages_of) {
  auto parsed = ParseListPage(list, request.page_size(), request.page_token());
  if (auto* error = std::get_if<RequestError>(&parsed)) return std::move(*error);
  const ListPage& page = std::get<ListPage>(parsed);
  auto* const messages = messages_of(response);
  using Message = typename std::remove_pointer_t<decltype(messages)>::value_type;
  std::size_t bytes = 0;
  std::string last_key;
  for (const auto& entry : entries) {
    std::string key = key_of(entry);
    if (key <= page.after) continue;
    bool is_full = static_cast<std::size_t>(messages->size()) == page.entries_max;
    if (!is_full) {
      Result<Message> message = encode(entry);
      if (!message.ok()) return ToRequestError(message.status());
      bytes += message.value().ByteSizeLong();
      is_full = messages->size() > 0 && bytes > kPageBytesMax;
      if (!is_full) *messages->Add() = std::move(message).value();
    }
    if (is_full) {
      response.set_next_page_token(ListPageToken(list, last_key));
      return std::nullopt;
    }
    last_key = std::move(key);
  }
  return std::nullopt;
}

}  // namespace descent
