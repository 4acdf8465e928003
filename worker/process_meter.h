#pragma once

#include "common/worker_protocol.h"

namespace descent {

// Measures what this process uses of its machine. Any thread.
class ProcessMeter {
 public:
  ProcessMeter();

  ResourceUse Read() const;

 private:
  ResourceUse host_;  // what does not change
};

}  // namespace descent
