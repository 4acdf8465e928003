#include <string>

#include "common/check.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/wire_bytes.h"

namespace descent {

// What a coordinator says, as it arrives: a fixed point after one decoding.
DESCENT_FUZZ_TARGET(coordinator_message) {
  v1::CoordinatorMessage wire;
  if (!wire.ParseFromString(std::string(bytes))) return;
  const Result<CoordinatorMessage> message = FromProto(wire);
  if (!message.ok()) return;
  NoteTaken();
  const v1::CoordinatorMessage encoded = ToProto(message.value());
  const Result<CoordinatorMessage> again = FromProto(encoded);
  DESCENT_CHECK(again.ok());
  DESCENT_CHECK(WireBytes(ToProto(again.value())) == WireBytes(encoded));
}

}  // namespace descent
