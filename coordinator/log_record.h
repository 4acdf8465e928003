#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/log_line.h"

namespace descent {

// One line of a job's log as it lies on disk: a line of text, so that it can be read and searched
// without a coordinator, and a record that a crash cut off is seen by its missing line end.
//   TIME_US \t GENERATION \t SEQUENCE \t ATTEMPT \t RANK \t SEVERITY \t STEP \t TEXT \n
// SEVERITY of a line of output is followed by "/stdout" or "/stderr". STEP is "-" if it was not
// known; in TEXT, "\\" stands for a backslash, "\n" for a line end and
// "\r" for a carriage return.
struct LogRecord {
  std::int64_t generation = 0;
  std::int64_t sequence = 0;  // in the rank's lines of that attempt
  LogLine line;
};

std::string EncodeLogRecord(const LogRecord& record);  // with its line end

// Of a line without its end. Nothing: it is damaged.
std::optional<LogRecord> DecodeLogRecord(std::string_view text);

}  // namespace descent
