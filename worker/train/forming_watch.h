#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "worker/train/step_control.h"

namespace descent {

// Forming a group waits for all its ranks, and MPI cannot be told to give up. A rank whose
// assignment is void by then, and whose peers never come, would keep the pool useless but alive:
// while a watch exists, a control that stays aborted for `patience` ends the process with exit
// status 1, and with it the pool, so that whoever started the pool sees it.
class FormingWatch {
 public:
  explicit FormingWatch(std::shared_ptr<StepControl> control,
                        std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~FormingWatch();  // the group is formed
  FormingWatch(const FormingWatch&) = delete;
  FormingWatch& operator=(const FormingWatch&) = delete;

 private:
  void Watch(std::chrono::milliseconds patience);

  const std::shared_ptr<StepControl> control_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_formed_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace descent
