#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "client/api/client.h"

namespace descent {

// Follows one job with a thread of its own, over restarts of the coordinator, and misses no state
// by them. Where the coordinator has no stream left for its user, it asks every five seconds
// instead, and sees what is there then. Keeps only the newest version of each state, so a slow
// reader is never far behind. One thread may call it; `client` must outlive it.
class JobWatcher {
 public:
  JobWatcher(Client& client, std::string id);
  ~JobWatcher();  // does not wait for the job

  struct Update {
    std::optional<JobView> job;     // the next version; absent: nothing new
    std::optional<ApiError> error;  // the watch is over without the job's end
    bool is_connected = true;
  };
  // Blocks until there is something new, at most `timeout`.
  Update Wait(std::chrono::milliseconds timeout);

 private:
  void Run();
  void ReadStream();
  void Publish(JobView job);
  std::optional<ApiError> Poll();  // publishes the job as it is now, or says why not
  void PauseBeforeRetry();

  Client& client_;
  const std::string id_;
  std::chrono::milliseconds retry_delay_{};  // its thread's alone

  std::mutex mutex_;  // guards the following
  std::condition_variable changed_;
  std::unique_ptr<Client::Watch> watch_;
  std::deque<JobView> versions_;  // not given yet; each in another state than the next
  std::string resume_token_;      // of the newest
  std::optional<ApiError> error_;
  bool is_connected_ = true;
  bool is_over_ = false;
  bool is_stopping_ = false;
  std::chrono::steady_clock::time_point last_heard_ = std::chrono::steady_clock::now();

  std::thread thread_;
};

}  // namespace descent
