#pragma once

#include <cstddef>
#include <string>

#include "common/status.h"

namespace descent {

// Why the runtime does not answer, with the reason of docs/api.md.
struct Refusal {
  Status status;  // not ok
  std::string reason;
};

Refusal QueueFull(std::size_t waiting);

// The state store said `why`, which is for the log: it has the file's path. kUnavailable
// STATE_STORE_BUSY, or kResourceExhausted DISK_FULL.
Refusal NotWritable(const Status& why, const std::string& advice);

}  // namespace descent
