#pragma once

#include "common/log_line.h"
#include "common/result.h"
#include "descent/v1/log.pb.h"

namespace descent {

// Between the wire's log lines and our own. kInvalidArgument names the field.

v1::LogSeverity ToProto(LogSeverity severity);
Result<LogSeverity> FromProto(v1::LogSeverity severity);

v1::LogSource ToProto(LogSource source);
Result<LogSource> FromProto(v1::LogSource source);  // kLog, where it is not said

v1::LogLine ToProto(const LogLine& line);
Result<LogLine> FromProto(const v1::LogLine& line);

v1::LogChunk ToProto(const LogChunk& chunk);
Result<LogChunk> FromProto(const v1::LogChunk& chunk);

}  // namespace descent
