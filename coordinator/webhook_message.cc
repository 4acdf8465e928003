#include "coordinator/webhook_message.h"

#include <fmt/format.h>

#include <optional>

#include "coordinator/http_response.h"
#include "coordinator/job_record.h"
#include "coordinator/job_view.h"
#include "coordinator/sha256.h"
#include "coordinator/utc_time.h"

namespace descent {

Result<std::string> WebhookBody(const WebhookEntry& entry) {
  DESCENT_ASSIGN(const Job job, DecodeJob(entry.record));
  return fmt::format(R"({{"deliveryId":"{}","event":"{}","time":"{}","job":{}}})", entry.sequence,
                     entry.event, FormatUtcTime(entry.time), ToJson(ToProto(job, std::nullopt)));
}

std::string WebhookSignature(std::string_view secret, std::int64_t seconds, std::string_view body) {
  return fmt::format("t={},v1={}", seconds,
                     HmacSha256Hex(secret, fmt::format("{}.{}", seconds, body)));
}

}  // namespace descent
