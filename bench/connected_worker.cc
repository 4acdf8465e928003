#include "bench/connected_worker.h"

#include <utility>

#include "proto/wire.h"
#include "worker/coordinator_channel.h"

namespace descent {

ConnectedWorker::ConnectedWorker(const std::string& address, const Register& identity,
                                 WorkerAudience& audience)
    : audience_(audience),
      channel_(MakeCoordinatorChannel(address, {})),
      stub_(v1::WorkerService::NewStub(channel_)) {
  context_.set_wait_for_ready(true);
  stub_->async()->Connect(&context_, this);
  AddHold();  // writes begin on other threads
  StartRead(&heard_);
  Say(identity, MonotonicNow());
  StartCall();
}

void ConnectedWorker::SendHeartbeat(MonotonicTime due) {
  const std::chrono::duration<double> now = due.time_since_epoch();
  Say(Heartbeat{.resources = {.cpu_seconds = now.count() / 10,
                              .resident_bytes = std::int64_t{64} << 20,
                              .host_cpus = 8,
                              .host_memory_bytes = std::int64_t{32} << 30,
                              .measured_at_seconds = now.count()}},
      due);
}

void ConnectedWorker::Leave() { context_.TryCancel(); }

void ConnectedWorker::Say(const WorkerMessage& message, MonotonicTime due) {
  v1::WorkerMessage encoded = ToProto(message);
  const std::lock_guard lock(mutex_);
  if (has_ended_) return;
  encoded.set_sequence(first_ + std::ssize(unacknowledged_));
  unacknowledged_.push_back(due);
  unsent_.push_back(std::move(encoded));
  if (!is_writing_) WriteNext();
}

void ConnectedWorker::WriteNext() {
  said_ = std::move(unsent_.front());
  unsent_.pop_front();
  is_writing_ = true;
  StartWrite(&said_);
}

void ConnectedWorker::OnReadDone(bool ok) {
  const MonotonicTime now = MonotonicNow();
  std::vector<MonotonicTime> acknowledged;
  bool is_registered = false;
  {
    const std::lock_guard lock(mutex_);
    if (!ok) has_ended_ = true;
    while (ok && !unacknowledged_.empty() && first_ <= heard_.acknowledge().sequence()) {
      if (first_ == 1)
        is_registered = true;
      else
        acknowledged.push_back(unacknowledged_.front());
      unacknowledged_.pop_front();
      ++first_;
    }
  }
  if (!ok) return RemoveHold();
  if (is_registered) audience_.OnRegistered();
  for (const MonotonicTime due : acknowledged) audience_.OnAcknowledged(due, now);
  StartRead(&heard_);
}

void ConnectedWorker::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  is_writing_ = false;
  if (ok && !has_ended_ && !unsent_.empty()) WriteNext();
}

void ConnectedWorker::OnDone(const grpc::Status& status) {
  audience_.OnEnded(status.ok() ? "closed by the coordinator" : status.error_message());
}

}  // namespace descent
