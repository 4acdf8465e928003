#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "coordinator/watch_resume.h"
#include "descent/v1/service.pb.h"

namespace descent {

// One WatchJobs call: writes the job as it is, then the newest version after each change, at most
// twenty a second. A version that the reader is too slow for is replaced by the next in the same
// state; a reader that is many states behind is told to come back (kUnavailable). The terminal
// version is always the last. Any thread.
//   idle --OnJob--> writing --written--> pausing --50 ms--> idle
// From Hold to Release it counts as pausing, and again while it reads more passed states. An end
// that is asked for while it writes or pauses takes place when it is idle again; a write that does
// not end by itself, because the peer does not read, is cancelled then.
class JobWatch final : public std::enable_shared_from_this<JobWatch>,
                       public grpc::ServerWriteReactor<v1::Job>,
                       public JobWatcher,
                       public OpenStream {
 public:
  // Lives until the call, whose context it is, is over, by itself. After `bookmark_interval`
  // without news a bookmark is written; none: never.
  static std::shared_ptr<JobWatch> Start(
      const grpc::CallbackServerContext& context,
      std::optional<std::chrono::milliseconds> bookmark_interval);

  // Has the next passed states released, or the watch ended and released. Returns at once.
  using ReadMore = std::function<void()>;

  // Nothing is written until Release, which puts `passed` states before what has come since: each
  // as `now` but for the state. When they are written, `read_more` is called; empty: they were all.
  void Hold(v1::Job now);
  void Release(std::vector<PassedState> passed, ReadMore read_more);

  void OnJob(const Job& job, const std::optional<QueuePosition>& queue_position,
             std::int64_t last_event) override;
  void End(const grpc::Status& status) override;
  void SendBookmarkIfDue() override;

 private:
  JobWatch(const grpc::CallbackServerContext& context,
           std::optional<std::chrono::milliseconds> bookmark_interval)
      : context_(context), bookmark_interval_(bookmark_interval) {}

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Pause();
  void CancelWriteSoon();
  void CancelWrite();
  void Advance();
  bool TakeNext();

  // The call, the runtime and the alarm all reach this object; gRPC's share ends with OnDone.
  std::shared_ptr<JobWatch> self_;
  const grpc::CallbackServerContext& context_;  // lives until Finish
  const std::optional<std::chrono::milliseconds> bookmark_interval_;
  grpc::Alarm pause_;
  grpc::Alarm grace_;  // set once, by End
  v1::Job written_;    // owned by the write in progress

  std::mutex mutex_;                // guards the following
  std::optional<v1::Job> now_;      // while there are passed states
  std::deque<PassedState> passed_;  // written before what is pending
  ReadMore read_more_;
  std::deque<v1::Job> pending_;  // each in another state than the next
  bool is_busy_ = false;         // writing, pausing or reading
  bool is_writing_ = false;
  bool is_cancelling_ = false;  // uses the context
  std::optional<grpc::Status> end_;
  bool is_finished_ = false;
  std::string written_token_;  // of what was written last
  MonotonicTime write_time_;
};

}  // namespace descent
