#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "common/result.h"
#include "coordinator/webhook_url.h"

namespace descent {

struct WebhookRequest {
  std::string body;       // JSON
  std::string signature;  // empty: not signed
};

// Posts messages to one URL over HTTP/1.1, a connection each. HTTPS, of TLS 1.2 or 1.3, checks that
// the certificate is the host's and who vouches for it. No redirect is followed and no proxy asked:
// nothing goes anywhere else. One thread at a time, but for Stop.
class WebhookClient {
 public:
  // `authority`: who vouches for the receiver, as PEM text of ReadAuthority; empty: whom this
  // machine trusts.
  static Result<std::unique_ptr<WebhookClient>> Create(const WebhookUrl& url,
                                                       const std::string& authority);
  virtual ~WebhookClient() = default;

  // Ok: the receiver has answered with 2xx. Blocks for at most 10 s once the host's address is
  // known. kUnavailable: why not.
  virtual Status Post(const WebhookRequest& request) = 0;

  virtual void Wait(std::chrono::milliseconds duration) = 0;

  // Ends what blocks, now and later; but this object's end waits for a look-up of the host's
  // address that is under way, as the system's resolver cannot be ended. Any thread.
  virtual void Stop() = 0;
  virtual bool is_stopped() const = 0;
};

}  // namespace descent
