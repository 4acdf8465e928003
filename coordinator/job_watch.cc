#include "coordinator/job_watch.h"

#include <chrono>
#include <iterator>
#include <utility>

#include "coordinator/job_view.h"
#include "coordinator/request_error.h"
#include "coordinator/watch_resume.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr std::size_t kPendingMax = 64;

bool IsLast(const v1::Job& job) {
  return job.state() == v1::JOB_STATE_SUCCEEDED || job.state() == v1::JOB_STATE_FAILED ||
         job.state() == v1::JOB_STATE_CANCELLED;
}

}  // namespace

std::shared_ptr<JobWatch> JobWatch::Start() {
  std::shared_ptr<JobWatch> watch(new JobWatch());  // NOLINT: private constructor
  watch->self_ = watch;
  return watch;
}

void JobWatch::Hold() {
  const std::lock_guard lock(mutex_);
  is_busy_ = true;
}

void JobWatch::Release(std::vector<v1::Job> earlier) {
  {
    const std::lock_guard lock(mutex_);
    pending_.insert(pending_.begin(), std::make_move_iterator(earlier.begin()),
                    std::make_move_iterator(earlier.end()));
    is_busy_ = false;
  }
  Advance();
}

void JobWatch::OnJob(const Job& job, const std::optional<QueuePosition>& queue_position,
                     std::int64_t last_event) {
  v1::Job encoded = ToProto(job, queue_position);
  encoded.set_resume_token(WatchToken{.uid = UidOf(job), .last_event = last_event}.ToText());
  bool is_too_slow = false;
  {
    const std::lock_guard lock(mutex_);
    if (!pending_.empty() && pending_.back().state() == encoded.state()) {
      pending_.back() = std::move(encoded);
    } else if (pending_.size() < kPendingMax) {
      pending_.push_back(std::move(encoded));
    } else {
      is_too_slow = true;
    }
  }
  if (is_too_slow)
    return End(
        ToGrpcStatus(Status(Code::kUnavailable, "the watcher is too slow; resume_token goes on")));
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
    if (IsLast(written_) && !end_) end_ = grpc::Status::OK;
    must_pause = !end_ && pending_.size() < 2;  // a state that has passed need not wait
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
  } else if (!pending_.empty()) {
    written_ = std::move(pending_.front());
    pending_.pop_front();
    is_busy_ = true;
    lock.unlock();
    StartWrite(&written_);
  }
}

}  // namespace descent
