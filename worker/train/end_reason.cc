#include "worker/train/end_reason.h"

namespace descent {

std::string ReasonOf(const Status& status, std::string_view phase) {
  switch (status.code()) {
    case Code::kAborted:
      return "PeerLost";
    case Code::kInvalidArgument:
      return "DataInvalid";
    case Code::kNotFound:
      // Before anything is loaded only data can be missing, and no checkpoint is given up for them.
      if (phase == "prepare") return "DataInvalid";
      return phase == "load" ? "CheckpointMissing" : "CheckpointCorrupt";
    case Code::kDataLoss:
      return "CheckpointCorrupt";
    case Code::kFailedPrecondition:
      return phase == "load" || phase == "checkpoint" ? "CheckpointMismatch" : "NonFiniteLoss";
    case Code::kResourceExhausted:
      return phase == "checkpoint" ? "DiskFull" : "OutOfMemory";
    case Code::kUnavailable:
      return "StorageUnavailable";
    default:
      return "Internal";
  }
}

bool IsFoundByAllRanks(std::string_view reason) {
  return reason == "NonFiniteLoss" || reason == kStateDiverged;
}

bool IsRetryable(const Status& status) {
  return status.code() == Code::kAborted || status.code() == Code::kUnavailable;
}

}  // namespace descent
