#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "coordinator/webhook_outbox.h"

namespace descent {

// What a webhook is sent; it says the same each time:
//   {"deliveryId":"17","event":"JobSucceeded","time":"2026-01-31T12:00:00.000Z","job":{…}}
// `job` is what GET /v1/jobs/{job} answered right after the event, without the last lines of a rank
// that failed. kDataLoss: the record is not a job.
Result<std::string> WebhookBody(const WebhookEntry& entry);

// The header that proves who sent `body`, and when, in seconds since the epoch:
//   t=1769860800,v1=HEX   where HEX is HMAC-SHA256(secret, "1769860800." + body)
// The scheme is that of Stripe, which receivers have libraries for. Each attempt is signed anew, so
// that a receiver can refuse what is old: a message that somebody has recorded.
// Source: https://docs.stripe.com/webhooks#verify-manually
std::string WebhookSignature(std::string_view secret, std::int64_t seconds, std::string_view body);

}  // namespace descent
