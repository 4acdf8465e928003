#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "coordinator/runtime.h"

namespace descent {

// Deletes one of Runtime::ExpiredJobs. That list may be minutes old: the job stays where it was
// pinned, held or given more time since. kAborted: so it was, or it is gone. Blocks.
Status DeleteExpired(Runtime& runtime, const ExpiredJob& expired);

// Deletes the jobs that have stayed for as long as they were to, as DeleteJob does: their history,
// metrics and logs, and their checkpoints if they ask for that. It looks at once, and then every
// ten seconds, in a thread of its own.
class JobPruner {
 public:
  explicit JobPruner(Runtime& runtime);  // which outlives this
  ~JobPruner();                          // ends after the job that is being deleted

  JobPruner(const JobPruner&) = delete;
  JobPruner& operator=(const JobPruner&) = delete;

 private:
  void Run();
  void Prune();
  bool IsStopping();

  Runtime& runtime_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace descent
