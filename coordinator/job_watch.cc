#include "coordinator/job_watch.h"

#include <grpcpp/server_context.h>

#include <chrono>
#include <iterator>
#include <utility>

#include "coordinator/dropped_versions.h"
#include "coordinator/job_view.h"
#include "coordinator/request_error.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr std::chrono::seconds kWriteGrace{1};  // of a write when the end is asked for
constexpr std::size_t kPendingMax = 64;

bool IsLast(const v1::Job& job) {
  return job.state() == v1::JOB_STATE_SUCCEEDED || job.state() == v1::JOB_STATE_FAILED ||
         job.state() == v1::JOB_STATE_CANCELLED;
}

}  // namespace

std::shared_ptr<JobWatch> JobWatch::Start(
    const grpc::CallbackServerContext& context,
    std::optional<std::chrono::milliseconds> bookmark_interval) {
  std::shared_ptr<JobWatch> watch(  // NOLINT: private constructor
      new JobWatch(context, bookmark_interval));
  watch->self_ = watch;
  return watch;
}

void JobWatch::Hold(v1::Job now) {
  const std::lock_guard lock(mutex_);
  now_ = std::move(now);
  is_busy_ = true;
}

void JobWatch::Release(std::vector<PassedState> passed, ReadMore read_more) {
  {
    const std::lock_guard lock(mutex_);
    passed_.assign(std::make_move_iterator(passed.begin()), std::make_move_iterator(passed.end()));
    read_more_ = std::move(read_more);
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
      ++dropped_versions;
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

void JobWatch::SendBookmarkIfDue() {
  if (!bookmark_interval_) return;
  {
    const std::lock_guard lock(mutex_);
    const bool has_news = is_busy_ || read_more_ || !passed_.empty() || !pending_.empty();
    if (has_news || end_ || written_token_.empty()) return;
    if (MonotonicNow() - write_time_ < *bookmark_interval_) return;
    pending_.emplace_back().set_resume_token(written_token_);
  }
  Advance();
}

void JobWatch::End(const grpc::Status& status) {
  bool is_writing = false;
  {
    const std::lock_guard lock(mutex_);
    if (end_) return;
    end_ = status;
    is_writing = is_writing_;
  }
  if (!is_writing) return Advance();
  if (CutsOff(status)) return CancelWrite();
  CancelWriteSoon();
}

// The reader has a while to take what is written and to hear of the end.
void JobWatch::CancelWriteSoon() {
  grace_.Set(std::chrono::system_clock::now() + kWriteGrace, [weak = weak_from_this()](bool) {
    if (const std::shared_ptr<JobWatch> self = weak.lock()) self->CancelWrite();
  });
}

void JobWatch::CancelWrite() {
  {
    const std::lock_guard lock(mutex_);
    if (!is_writing_ || is_cancelling_) return;
    is_cancelling_ = true;
  }
  context_.TryCancel();
  {
    const std::lock_guard lock(mutex_);
    is_cancelling_ = false;
  }
  Advance();
}

void JobWatch::OnWriteDone(bool ok) {
  bool must_pause = false;
  {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    written_token_ = written_.resume_token();
    write_time_ = MonotonicNow();
    if (!ok && !end_) end_ = grpc::Status::CANCELLED;
    if (IsLast(written_) && !end_) end_ = grpc::Status::OK;
    // A state that has passed need not wait.
    must_pause = !end_ && passed_.empty() && !read_more_ && pending_.size() < 2;
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
  if (is_busy_ || is_cancelling_ || is_finished_) return;
  if (end_) {
    is_finished_ = true;
    lock.unlock();
    Finish(*end_);  // constant from now on
  } else if (passed_.empty() && read_more_) {
    is_busy_ = true;
    const ReadMore read_more = std::exchange(read_more_, nullptr);
    lock.unlock();
    read_more();
  } else if (TakeNext()) {
    is_busy_ = is_writing_ = true;
    lock.unlock();
    StartWrite(&written_);
  }
}

// Under the lock. False: there is nothing to write.
bool JobWatch::TakeNext() {
  if (!passed_.empty()) {
    written_ = VersionOf(*now_, passed_.front());
    passed_.pop_front();
    return true;
  }
  now_.reset();
  if (pending_.empty()) return false;
  written_ = std::move(pending_.front());
  pending_.pop_front();
  return true;
}

}  // namespace descent
