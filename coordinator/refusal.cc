#include "coordinator/refusal.h"

#include <fmt/format.h>

namespace descent {

Refusal QueueFull(std::size_t waiting) {
  return {Status(Code::kResourceExhausted,
                 std::to_string(waiting) + " requests wait already; try again"),
          "TOO_MANY_REQUESTS"};
}

Refusal NotWritable(const Status& why, const std::string& advice) {
  if (why.code() == Code::kResourceExhausted)
    return {Status(Code::kResourceExhausted,
                   fmt::format("the disk of the state store is full: {}", advice)),
            "DISK_FULL"};
  return {
      Status(Code::kUnavailable, fmt::format("the state store cannot be written now: {}", advice)),
      "STATE_STORE_BUSY"};
}

}  // namespace descent
