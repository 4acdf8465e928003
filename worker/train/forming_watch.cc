#include "worker/train/forming_watch.h"

#include <cstdlib>
#include <utility>

#include "common/log.h"

namespace descent {
namespace {

// How often the watch looks. A machine that sleeps does not make time pass for it.
constexpr std::chrono::milliseconds kInterval{100};

}  // namespace

FormingWatch::FormingWatch(std::shared_ptr<StepControl> control, std::chrono::milliseconds patience)
    : control_(std::move(control)), thread_([this, patience] { Watch(patience); }) {}

FormingWatch::~FormingWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_formed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void FormingWatch::Watch(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  std::chrono::milliseconds void_for{0};
  while (!changed_.wait_for(lock, kInterval, [this] { return is_formed_; })) {
    if (control_->is_aborted()) void_for += kInterval;
    if (void_for < patience) continue;
    LogError("peers did not come to form the group; ending the pool");
    std::_Exit(1);
  }
}

}  // namespace descent
