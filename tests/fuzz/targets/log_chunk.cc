#include <string>

#include "common/check.h"
#include "proto/log_wire.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/wire_bytes.h"

namespace descent {

DESCENT_FUZZ_TARGET(log_chunk) {
  v1::LogChunk wire;
  if (!wire.ParseFromString(std::string(bytes))) return;
  const Result<LogChunk> chunk = FromProto(wire);
  if (!chunk.ok()) return;
  NoteTaken();
  DESCENT_CHECK(!chunk.value().lines.empty());
  const v1::LogChunk encoded = ToProto(chunk.value());
  const Result<LogChunk> again = FromProto(encoded);
  DESCENT_CHECK(again.ok());
  DESCENT_CHECK(WireBytes(ToProto(again.value())) == WireBytes(encoded));
}

}  // namespace descent
