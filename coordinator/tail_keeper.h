#pragma once

#include <boost/asio/thread_pool.hpp>
#include <map>
#include <string>

#include "coordinator/failure_tail.h"
#include "coordinator/log_store.h"

namespace descent {

// Has the last lines of ranks kept once they have failed, in a thread of its own, because the disk
// is not to be waited for. Lines that arrive later are added by who stores them. One thread.
class TailKeeper {
 public:
  explicit TailKeeper(LogStore& logs) : logs_(logs) {}  // which outlives it
  ~TailKeeper();                                        // once all are kept

  // Of the job's newest attempt, if it has failed; does not block. Again only where another rank is
  // to blame.
  void Keep(const Job& job);

  void Forget(const std::string& job_id) { kept_.erase(job_id); }

 private:
  Status TryToKeep(const std::string& job_id, const FailedRank& rank);  // what throws is kInternal

  LogStore& logs_;
  std::map<std::string, FailedRank> kept_;  // the last of each job
  boost::asio::thread_pool thread_{1};
};

}  // namespace descent
