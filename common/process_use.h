#pragma once

#include <cstdint>

namespace descent {

// What the operating system has counted for this process. What cannot be read is 0.
struct ProcessUse {
  double cpu_seconds = 0;  // user and system, of all threads since it began
  std::int64_t resident_bytes = 0;
  std::int64_t virtual_bytes = 0;
};

ProcessUse ReadProcessUse();  // any thread

}  // namespace descent
