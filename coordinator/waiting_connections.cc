#include "coordinator/waiting_connections.h"

#include <utility>

namespace descent {

WaitingConnections::Id WaitingConnections::Add(std::function<void()> close) {
  const std::lock_guard lock(mutex_);
  close_.emplace(++last_id_, std::move(close));
  return last_id_;
}

bool WaitingConnections::Remove(Id id) {
  const std::lock_guard lock(mutex_);
  return close_.erase(id) > 0;
}

bool WaitingConnections::CloseLongest() {
  std::function<void()> close;
  {
    const std::lock_guard lock(mutex_);
    if (close_.empty()) return false;
    close = std::move(close_.begin()->second);
    close_.erase(close_.begin());
  }
  close();
  return true;
}

}  // namespace descent
