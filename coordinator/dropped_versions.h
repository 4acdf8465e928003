#pragma once

#include <atomic>
#include <cstdint>

namespace descent {

// Versions of jobs that a reader of WatchJobs was too slow for: each was replaced by the next one
// before it was written. Over all servers of this process.
inline std::atomic<std::int64_t> dropped_versions = 0;

}  // namespace descent
