#pragma once

#include <chrono>
#include <memory>

#include "worker/train/exit_watch.h"
#include "worker/train/progress_marker.h"
#include "worker/train/step_control.h"

namespace descent {

// A rank that has begun to train obeys an abort as soon as it goes on: its group's calls return.
// One that stands still never does. While a watch exists, a rank that is told to abort and makes no
// move for `patience` ends its process; but it has three times as long as it ever took for a move,
// up to `longest_patience`, and that in any case where it still prepares, or waits for a checkpoint
// that is being written. A rank that hung there for ever would hold its world back from all jobs.
class AbortWatch {
 public:
  AbortWatch(std::shared_ptr<StepControl> control, std::shared_ptr<const ProgressMarker> progress,
             std::chrono::milliseconds patience = std::chrono::seconds(20),
             std::chrono::milliseconds longest_patience = std::chrono::minutes(5));

 private:
  ExitWatch watch_;  // until the assignment has ended
};

}  // namespace descent
