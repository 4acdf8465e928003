#include "coordinator/log_record.h"

#include "common/check.h"
#include "coordinator/log_segments.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

// A segment of a log.
DESCENT_FUZZ_TARGET(log_record) {
  const auto check = [](std::string_view line) {
    const std::optional<LogRecord> record = DecodeLogRecord(line);
    if (!record) return;
    NoteTaken();
    std::string encoded = EncodeLogRecord(*record);
    DESCENT_CHECK(encoded.find('\n') == encoded.size() - 1);
    encoded.pop_back();
    const std::optional<LogRecord> again = DecodeLogRecord(encoded);
    DESCENT_CHECK(again && again->line == record->line);
    DESCENT_CHECK(again->generation == record->generation && again->sequence == record->sequence);
  };
  DESCENT_CHECK(ForEachLine(bytes, check) <= bytes.size());
}

}  // namespace descent
