#include "proto/log_wire.h"

#include <cmath>

#include "common/limits.h"

namespace descent {
namespace {

constexpr double kMicroseconds = 1e6;                         // of a second
constexpr std::int64_t kSequenceMax = std::int64_t{1} << 40;  // of a rank's lines in an attempt
constexpr double kSecondsMax = 1e11;                          // well within 64 bits of microseconds

Status Refuse(const std::string& what) { return Status(Code::kInvalidArgument, what); }

}  // namespace

v1::LogSeverity ToProto(LogSeverity severity) {
  return static_cast<v1::LogSeverity>(static_cast<int>(severity) + 1);
}

Result<LogSeverity> FromProto(v1::LogSeverity severity) {
  if (severity == v1::LOG_SEVERITY_UNSPECIFIED || !v1::LogSeverity_IsValid(severity))
    return Refuse("severity is " + std::to_string(severity) + ", which is none");
  return static_cast<LogSeverity>(static_cast<int>(severity) - 1);
}

v1::LogSource ToProto(LogSource source) {
  return static_cast<v1::LogSource>(static_cast<int>(source) + 1);
}

Result<LogSource> FromProto(v1::LogSource source) {
  if (source == v1::LOG_SOURCE_UNSPECIFIED) return LogSource::kLog;
  if (!v1::LogSource_IsValid(source))
    return Refuse("source is " + std::to_string(source) + ", which is none");
  return static_cast<LogSource>(static_cast<int>(source) - 1);
}

v1::LogLine ToProto(const LogLine& line) {
  v1::LogLine proto;
  proto.set_time(static_cast<double>(line.time_us) / kMicroseconds);
  proto.set_severity(ToProto(line.severity));
  proto.set_attempt(line.attempt);
  proto.set_rank(line.rank);
  proto.set_source(ToProto(line.source));
  if (line.step) proto.set_step(*line.step);
  proto.set_text(line.text);
  return proto;
}

Result<LogLine> FromProto(const v1::LogLine& proto) {
  LogLine line{.attempt = proto.attempt(), .rank = proto.rank(), .text = proto.text()};
  DESCENT_ASSIGN(line.severity, FromProto(proto.severity()));
  DESCENT_ASSIGN(line.source, FromProto(proto.source()));
  if (!(std::abs(proto.time()) < kSecondsMax)) return Refuse("time is out of range");
  line.time_us = std::llround(proto.time() * kMicroseconds);
  if (line.attempt < 1)
    return Refuse("attempt is " + std::to_string(line.attempt) + ", must be at least 1");
  if (line.rank < 0 || line.rank >= limits::kWorldSizeMax)
    return Refuse("rank is " + std::to_string(line.rank));
  if (proto.has_step()) line.step = proto.step();
  if (line.text.size() > limits::kLogTextBytesMax)
    return Refuse("text has " + std::to_string(line.text.size()) + " bytes, may have " +
                  std::to_string(limits::kLogTextBytesMax));
  return line;
}

v1::LogChunk ToProto(const LogChunk& chunk) {
  v1::LogChunk proto;
  proto.set_job(chunk.job);
  proto.set_generation(chunk.generation);
  proto.set_first_sequence(chunk.first_sequence);
  for (const LogLine& line : chunk.lines) *proto.add_lines() = ToProto(line);
  return proto;
}

Result<LogChunk> FromProto(const v1::LogChunk& proto) {
  LogChunk chunk{.job = proto.job(),
                 .generation = proto.generation(),
                 .first_sequence = proto.first_sequence(),
                 .lines = {}};
  if (chunk.first_sequence < 1 || chunk.first_sequence > kSequenceMax)
    return Refuse("first_sequence is " + std::to_string(chunk.first_sequence));
  if (proto.lines().empty()) return Refuse("lines are missing");
  for (const v1::LogLine& line : proto.lines()) {
    DESCENT_ASSIGN(LogLine decoded, FromProto(line));
    chunk.lines.push_back(std::move(decoded));
    const LogLine& first = chunk.lines.front();
    if (chunk.lines.back().rank != first.rank || chunk.lines.back().attempt != first.attempt)
      return Refuse("lines are of several ranks or attempts");
    if ((chunk.lines.back().source == LogSource::kLog) == chunk.is_output())
      return Refuse("lines are of a log and of an output");
  }
  return chunk;
}

}  // namespace descent
