#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "coordinator/listen_address.h"

namespace descent {

// Where a webhook sends its messages: "https://example.org:8443/hooks/descent?team=nlp".
struct WebhookUrl {
  bool is_https = false;
  ListenAddress address;  // of the receiver; the port is the scheme's where the URL has none
  std::string authority;  // HOST or HOST:PORT as the URL has it
  std::string target;     // path and query, as they are sent

  // kInvalidArgument says what is wrong with it. No error repeats user, password, path or query.
  static Result<WebhookUrl> Parse(std::string_view text);

  // Scheme and authority, for logs: the path and the query of a webhook are often its secret.
  std::string Origin() const;

  // Tells it from all others, and nothing of it: a hash.
  std::string Id() const;

  bool operator==(const WebhookUrl& other) const { return Id() == other.Id(); }
};

}  // namespace descent
