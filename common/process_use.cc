#include "common/process_use.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace descent {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

ProcessUse ReadProcessUse() {
  ProcessUse use;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    use.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  std::int64_t virtual_pages = 0;
  std::int64_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages;
  use.virtual_bytes = virtual_pages * sysconf(_SC_PAGESIZE);
  use.resident_bytes = resident_pages * sysconf(_SC_PAGESIZE);
  return use;
}

}  // namespace descent
