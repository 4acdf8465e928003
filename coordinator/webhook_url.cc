#include "coordinator/webhook_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "coordinator/sha256.h"

namespace descent {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";
constexpr std::size_t kUrlBytesMax = 2048;

Status RefuseUrl(std::string message) { return Status(Code::kInvalidArgument, std::move(message)); }

// Others must be percent-encoded: a line end would begin another header.
bool IsAllowed(char c) { return '!' <= c && c <= '~'; }

Status CheckCharacters(std::string_view text) {
  if (text.size() > kUrlBytesMax)
    return RefuseUrl(fmt::format("has {} bytes, may have {}", text.size(), kUrlBytesMax));
  const auto bad = std::ranges::find_if_not(text, IsAllowed);
  if (bad != text.end())
    return RefuseUrl(fmt::format("has a character at position {} that must be percent-encoded",
                                 bad - text.begin() + 1));
  if (text.find('#') != std::string_view::npos)
    return RefuseUrl("has a fragment (#), which is never sent: leave it out");
  return Status();
}

// With the scheme's port where there is none.
Result<ListenAddress> ParseAuthority(std::string_view authority, int default_port) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const Result<ListenAddress> address = ListenAddress::Parse(
      has_port ? std::string(authority) : fmt::format("{}:{}", authority, default_port));
  if (!address.ok() || address.value().port == 0)
    return RefuseUrl(
        fmt::format("has \"{}\" where HOST or HOST:PORT must be, with a port from 1 to "
                    "65535",
                    authority));
  return address;
}

}  // namespace

Result<WebhookUrl> WebhookUrl::Parse(std::string_view text) {
  DESCENT_RETURN_IF_ERROR(CheckCharacters(text));
  WebhookUrl url;
  url.is_https = text.starts_with(kHttps);
  if (!url.is_https && !text.starts_with(kHttp))
    return RefuseUrl("must begin with https:// or http://");
  const std::string_view rest = text.substr((url.is_https ? kHttps : kHttp).size());
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos)
    return RefuseUrl(
        "has a user or a password before its host, which it may not: the receiver knows the "
        "sender by the signature of --webhook-secret-file");
  url.authority = authority;
  DESCENT_ASSIGN(url.address, ParseAuthority(authority, url.is_https ? 443 : 80));
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::string WebhookUrl::Origin() const {
  return fmt::format("{}{}", is_https ? kHttps : kHttp, authority);
}

std::string WebhookUrl::Id() const { return Sha256Hex(Origin() + target); }

}  // namespace descent
