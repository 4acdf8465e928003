#include "coordinator/process_facts.h"

#include <sys/resource.h>

#include <chrono>
#include <iterator>
#include <string_view>

#include "common/clock.h"
#include "common/process_use.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWalSuffix = "-wal";  // as SQLite names it

// Taken when the program starts; the kernel's own figure is in ticks since boot.
const WallTime kStart = WallNow();

// Of those whose names end so.
std::int64_t SizeOfFilesIn(const fs::path& directory, std::string_view suffix = "") {
  std::int64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code vanished;
    if (!entry->is_regular_file(vanished) || !entry->path().native().ends_with(suffix)) continue;
    const std::uintmax_t size = entry->file_size(vanished);
    if (!vanished) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

std::int64_t CountOpenFiles() {
  std::error_code error;
  fs::directory_iterator entries("/proc/self/fd", error);
  return error ? 0 : std::distance(begin(entries), end(entries));
}

}  // namespace

ProcessFacts ReadProcessFacts(const fs::path& state_directory) {
  ProcessFacts facts;
  const ProcessUse use = ReadProcessUse();
  facts.cpu_seconds = use.cpu_seconds;
  facts.resident_bytes = use.resident_bytes;
  facts.virtual_bytes = use.virtual_bytes;
  facts.open_files = CountOpenFiles();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    facts.open_files_max = static_cast<std::int64_t>(limit.rlim_cur);
  facts.start_time = std::chrono::duration<double>(kStart.time_since_epoch()).count();
  facts.state_bytes = SizeOfFilesIn(state_directory);
  facts.wal_bytes = SizeOfFilesIn(state_directory, kWalSuffix);
  std::error_code error;
  const fs::space_info space = fs::space(state_directory, error);
  if (!error) {
    facts.disk_free_bytes = static_cast<std::int64_t>(space.available);
    facts.disk_bytes = static_cast<std::int64_t>(space.capacity);
  }
  return facts;
}

}  // namespace descent
