#include "worker/kernels/usable_threads.h"

#include <sched.h>

#include <algorithm>

#include "common/limits.h"

namespace descent {

int UsableThreads() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0) return 1;
  return std::clamp(CPU_COUNT(&cpus), 1, limits::kThreadsMax);
}

}  // namespace descent
