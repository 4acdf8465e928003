#include "worker/process_meter.h"

#include <unistd.h>

#include <chrono>

#include "common/clock.h"
#include "common/process_use.h"

namespace descent {

ProcessMeter::ProcessMeter() {
  host_.host_cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  host_.host_memory_bytes = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
}

ResourceUse ProcessMeter::Read() const {
  const ProcessUse process = ReadProcessUse();
  ResourceUse use = host_;
  use.cpu_seconds = process.cpu_seconds;
  use.resident_bytes = process.resident_bytes;
  use.measured_at_seconds =
      std::chrono::duration<double>(MonotonicNow().time_since_epoch()).count();
  return use;
}

}  // namespace descent
