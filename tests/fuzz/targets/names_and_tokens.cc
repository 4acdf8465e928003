#include <string>

#include "common/check.h"
#include "common/duration.h"
#include "coordinator/listen_address.h"
#include "coordinator/resource_name.h"
#include "coordinator/utc_time.h"
#include "coordinator/watch_cursor.h"
#include "coordinator/watch_resume.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

// Short texts that travel: what is understood is understood again as it is written.
DESCENT_FUZZ_TARGET(names_and_tokens) {
  if (const auto cursor = ParseWatchCursor(bytes); cursor.ok()) {
    const std::string text = cursor.value().ToText();
    DESCENT_CHECK(ParseWatchCursor(text).value().ToText() == text);
  }
  if (const auto token = ParseWatchToken(bytes); token.ok()) {
    const std::string text = token.value().ToText();
    DESCENT_CHECK(ParseWatchToken(text).value().ToText() == text);
  }
  if (const auto address = ListenAddress::Parse(bytes); address.ok()) {
    const std::string text = address.value().ToString();
    DESCENT_CHECK(ListenAddress::Parse(text).value().ToString() == text);
  }
  if (const auto seconds = ParseDuration(bytes))
    DESCENT_CHECK(ParseDuration(DurationText(*seconds)) == seconds);
  if (const auto time = ParseUtcTime(bytes); time && *time >= 0)
    DESCENT_CHECK(!FormatUtcTime(*time).empty());
  if (const auto job = ParseJobName(bytes); job.ok()) {
    NoteTaken();
    DESCENT_CHECK(JobName(job.value()) == bytes);
  }
  if (const auto worker = ParseWorkerName(bytes); worker.ok())
    DESCENT_CHECK(worker.value().world_rank >= 0);
  if (const auto checkpoint = ParseCheckpointName(bytes); checkpoint.ok())
    DESCENT_CHECK(!checkpoint.value().job_id.empty());
}

}  // namespace descent
