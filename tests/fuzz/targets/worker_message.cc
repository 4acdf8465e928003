#include <string>

#include "common/check.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/wire_bytes.h"

namespace descent {

// What a worker says, as it arrives: a fixed point after one decoding.
DESCENT_FUZZ_TARGET(worker_message) {
  v1::WorkerMessage wire;
  if (!wire.ParseFromString(std::string(bytes))) return;
  const Result<WorkerMessage> message = FromProto(wire);
  if (!message.ok()) return;
  NoteTaken();
  const v1::WorkerMessage encoded = ToProto(message.value());
  const Result<WorkerMessage> again = FromProto(encoded);
  DESCENT_CHECK(again.ok());
  DESCENT_CHECK(WireBytes(ToProto(again.value())) == WireBytes(encoded));
}

}  // namespace descent
