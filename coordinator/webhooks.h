#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/webhook_event.h"
#include "coordinator/webhook_url.h"

namespace descent {

struct WebhookOptions {
  std::vector<WebhookUrl> urls;
  WebhookEvents events;   // empty if there are no URLs
  std::string secret;     // with which messages are signed; empty: they are not
  std::string authority;  // who vouches for receivers, as PEM; empty: whom this machine trusts
};

// Of all webhooks together; but for `pending`, since this process started.
struct WebhookCounts {
  std::int64_t delivered = 0;  // messages that a receiver has acknowledged
  std::int64_t failed = 0;     // attempts to deliver one
  std::int64_t dropped = 0;    // messages that were given up
  double pending = 0;          // messages that are still to be delivered; NaN: not known
};

// Tells other systems what happened to jobs: for each URL a thread takes one message after the
// other out of the outbox, in order, and tries until the receiver has acknowledged it, or it is a
// day old. So a message comes at least once, and more than once if the coordinator ends between the
// answer and its record of it, a fifth of a second later. Nothing of it is on the way of a change
// of state. Any thread.
class Webhooks {
 public:
  // Over a file that Store has opened before. Errors are those of Database.
  static Result<std::unique_ptr<Webhooks>> Start(const std::filesystem::path& store,
                                                 const WebhookOptions& options);
  virtual ~Webhooks() = default;  // what is not delivered stays in the outbox

  virtual WebhookCounts Read() const = 0;
};

}  // namespace descent
