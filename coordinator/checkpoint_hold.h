#pragma once

#include <cstdint>
#include <string>

#include "coordinator/runtime.h"

namespace descent {

// While it lives a checkpoint stays on record, and so its files on disk, whatever retention or a
// user says. Any thread.
class CheckpointHold {
 public:
  // Blocks, at most two seconds: then kUnavailable. kNotFound: no such job or checkpoint. `runtime`
  // outlives the result.
  static Result<CheckpointHold> Take(Runtime& runtime, const std::string& job_id,
                                     std::int64_t step);
  CheckpointHold(CheckpointHold&& other) noexcept;
  CheckpointHold& operator=(CheckpointHold&&) = delete;
  ~CheckpointHold();

 private:
  CheckpointHold(Runtime& runtime, std::string job_id, std::int64_t step);

  Runtime* runtime_;  // null: it is another object's hold now
  std::string job_id_;
  std::int64_t step_;
  std::uint64_t hold_;  // this one's number
};

}  // namespace descent
