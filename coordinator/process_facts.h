#pragma once

#include <cstdint>
#include <filesystem>

namespace descent {

// What the operating system says of this process and its disk. What cannot be read is 0.
struct ProcessFacts {
  double cpu_seconds = 0;  // user and system
  std::int64_t resident_bytes = 0;
  std::int64_t virtual_bytes = 0;
  std::int64_t open_files = 0;
  std::int64_t open_files_max = 0;
  double start_time = 0;             // seconds since the epoch
  std::int64_t state_bytes = 0;      // size of the files in the state directory itself
  std::int64_t wal_bytes = 0;        // of them, of the state store's log of what was written last
  std::int64_t disk_free_bytes = 0;  // of the volume that holds it
  std::int64_t disk_bytes = 0;       // the size of that volume
};

ProcessFacts ReadProcessFacts(const std::filesystem::path& state_directory);

}  // namespace descent
