#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/event_payload.h"

namespace descent {

// One line of a job's history.
struct StoredEvent {
  std::int64_t sequence = 0;  // grows over all jobs
  double time = 0;            // seconds since the epoch
  std::string type;
  std::string from_state;  // names of states; equal if it did not change
  std::string to_state;
  std::string reason;
  std::string message;
  std::string actor = {};       // as in Origin; empty: it is from before there were actors
  std::string request_id = {};  // of the request that made it happen; empty: it had none
  std::string job_id = {};
  EventPayload payload = {};  // empty: as of actors
};

// The first `count_max` events of a job with a sequence above `after`, from the Store's file. What
// is returned is durable. Any thread, beside the one that writes; blocks on the disk.
Result<std::vector<StoredEvent>> ReadEvents(const std::filesystem::path& store,
                                            const std::string& job_id, std::int64_t after,
                                            int count_max);

// The same of all jobs.
Result<std::vector<StoredEvent>> ReadEventsOfAll(const std::filesystem::path& store,
                                                 std::int64_t after, int count_max);

}  // namespace descent
