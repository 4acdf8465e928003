#include "coordinator/http_counters.h"

namespace descent {

void HttpCounters::Add(const HttpCallKind& kind, double seconds) {
  const std::lock_guard lock(mutex_);
  counts_[kind].Add(seconds);
}

HttpCounts HttpCounters::Read() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace descent
