#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "common/status.h"
#include "common/trace.h"

namespace descent {

// The one thread of a job that talks to its Collective, so that reductions run while the caller
// computes. Tasks run one at a time in the order they were posted, which is the same on every rank;
// who waits for them runs those that the thread has not begun. After a task has failed the
// following ones are skipped. Post and WaitAll: from one thread.
class CommunicationThread {
 public:
  enum class Start {
    kAtOnce,
    kWhenWaitedFor,  // or after one that starts at once: to wake the thread would cost more
  };

  // Records each task on `trace`, which outlives the thread and may be null.
  explicit CommunicationThread(TraceTrack* trace = nullptr);
  ~CommunicationThread();  // waits for the task in progress; skips the rest

  CommunicationThread(const CommunicationThread&) = delete;
  CommunicationThread& operator=(const CommunicationThread&) = delete;

  // `label` outlives the task; `number`: of what is sent, in a trace.
  void Post(const TraceLabel& label, std::function<Status()> task, std::int64_t number = -1,
            Start start = Start::kAtOnce);

  // Blocks until every posted task has run; the first failure since the thread began, if any.
  Status WaitAll();

 private:
  struct Task {
    const TraceLabel* label;
    std::int64_t number;
    std::function<Status()> run;
  };

  void Run();
  void RunNext(std::unique_lock<std::mutex>& lock);
  Status Perform(const Task& task);

  TraceTrack* const trace_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;        // guarded by mutex_
  bool is_woken_ = false;         // guarded by mutex_: the thread is to run what there is
  bool is_running_task_ = false;  // guarded by mutex_
  bool is_ending_ = false;        // guarded by mutex_
  Status first_failure_;          // guarded by mutex_
  std::thread thread_;
};

}  // namespace descent
