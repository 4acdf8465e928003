#include "coordinator/job_watch.h"

#include <chrono>
#include <utility>

#include "coordinator/job_view.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kPause{50};

}  // namespace

std::shared_ptr<JobWatch> JobWatch::Start() {
  std::shared_ptr<JobWatch> watch(new JobWatch());  // NOLINT: private constructor
  watch->self_ = watch;
  return watch;
}

void JobWatch::OnJob(const Job& job, const std::optional<QueuePosition>& queue_position) {
  v1::Job encoded = ToProto(job, queue_position);
  {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(encoded);
    newest_is_last_ = IsTerminal(job.state);
  }
  Advance();
}

void JobWatch::End(const grpc::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = status;
  }
  Advance();
}

void JobWatch::OnWriteDone(bool ok) {
  bool must_pause = false;
  {
    const std::lock_guard lock(mutex_);
    if (!ok && !end_) end_ = grpc::Status::CANCELLED;
    if (written_is_last_ && !end_) end_ = grpc::Status::OK;
    must_pause = !end_;
    is_busy_ = must_pause;
  }
  if (must_pause) {
    Pause();
  } else {
    Advance();
  }
}

void JobWatch::Pause() {
  // The alarm keeps its function after it has fired; a strong pointer in it would never be freed.
  pause_.Set(std::chrono::system_clock::now() + kPause, [weak = std::weak_ptr(self_)](bool) {
    const std::shared_ptr<JobWatch> self = weak.lock();
    if (self == nullptr) return;
    {
      const std::lock_guard lock(self->mutex_);
      self->is_busy_ = false;
    }
    self->Advance();
  });
}

void JobWatch::OnCancel() { End(grpc::Status::CANCELLED); }

void JobWatch::OnDone() { self_.reset(); }

void JobWatch::Advance() {
  std::unique_lock lock(mutex_);
  if (is_busy_ || is_finished_) return;
  if (end_) {
    is_finished_ = true;
    lock.unlock();
    Finish(*end_);  // constant from now on
  } else if (newest_) {
    written_ = *std::exchange(newest_, std::nullopt);
    written_is_last_ = newest_is_last_;
    is_busy_ = true;
    lock.unlock();
    StartWrite(&written_);
  }
}

}  // namespace descent
