#include "worker/train/exit_watch.h"

#include <cstdlib>
#include <utility>

#include "common/log.h"

namespace descent {

ExitWatch::ExitWatch(std::function<bool()> is_hopeless, std::string reason)
    : is_hopeless_(std::move(is_hopeless)),
      reason_(std::move(reason)),
      thread_([this] { Watch(); }) {}

ExitWatch::~ExitWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ExitWatch::Watch() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [this] { return is_over_; })) {
    if (!is_hopeless_()) continue;
    LogError("{}; ending the pool", reason_);
    std::_Exit(1);
  }
}

}  // namespace descent
