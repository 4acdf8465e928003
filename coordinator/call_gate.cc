#include "coordinator/call_gate.h"

namespace descent {

std::variant<CallPass, grpc::Status> CallGate::Enter() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_with_) return *closed_with_;
    ++inside_;
  }
  return CallPass(this, [](CallGate* gate) { gate->Leave(); });
}

void CallGate::Close(const grpc::Status& why) {
  const std::lock_guard lock(mutex_);
  closed_with_ = why;
}

void CallGate::WaitUntilEmpty(std::chrono::system_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  left_.wait_until(lock, deadline, [this] { return inside_ == 0; });
}

// Under the lock to the end: who waits may take the gate away after it.
void CallGate::Leave() {
  const std::lock_guard lock(mutex_);
  --inside_;
  left_.notify_all();
}

}  // namespace descent
