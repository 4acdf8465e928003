#pragma once

#include <chrono>
#include <memory>

#include "worker/train/exit_watch.h"
#include "worker/train/step_control.h"

namespace descent {

// Forming a group waits for all its ranks, and MPI cannot be told to give up. A rank whose
// assignment is void by then, and whose peers have come (GroupMeeting) and died, would wait for
// ever: while a watch exists, a control that stays aborted for `patience` ends the process.
class FormingWatch {
 public:
  explicit FormingWatch(std::shared_ptr<StepControl> control,
                        std::chrono::milliseconds patience = std::chrono::seconds(10));

 private:
  ExitWatch watch_;  // until the group is formed
};

}  // namespace descent
