#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/worker_protocol.h"
#include "coordinator/job.h"
#include "coordinator/state.h"

namespace descent {

// One worker's stream, as far as the runtime needs it. Both calls return at once.
class WorkerStream {
 public:
  virtual ~WorkerStream() = default;
  virtual void Send(const CoordinatorMessage& message) = 0;
  virtual void Close(const std::string& reason) = 0;
};

// Somebody who follows one job. Called on the owner thread; returns at once. What is shown is as of
// `last_event`, the newest that is stored.
class JobWatcher {
 public:
  virtual ~JobWatcher() = default;
  virtual void OnJob(const Job& job, const std::optional<QueuePosition>& queue_position,
                     std::int64_t last_event) = 0;
};

}  // namespace descent
