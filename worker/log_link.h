#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/credential_files.h"
#include "worker/log_ring.h"

namespace grpc {
class ClientContext;
}

namespace descent {

// Sends what a ring holds to the coordinator, one chunk at a time, in a stream and a thread of its
// own: however much is logged, the messages that control the job do not wait behind it. A chunk
// that is not acknowledged is sent again in a new stream, so a coordinator that is away costs lines
// only once the ring is full.
class LogLink {
 public:
  // HOST:PORT of the coordinator's worker listener.
  LogLink(std::string address, Credentials credentials, std::shared_ptr<LogRing> ring);
  ~LogLink();  // closes the ring; sends what is left for at most limits::kLogFlushMax

  LogLink(const LogLink&) = delete;
  LogLink& operator=(const LogLink&) = delete;

 private:
  void Run();
  bool SleepUnlessEnding(std::chrono::milliseconds duration);  // false: ending

  const std::string address_;
  const Credentials credentials_;
  const std::shared_ptr<LogRing> ring_;
  std::mutex mutex_;  // guards the following
  std::condition_variable changed_;
  bool is_ending_ = false;
  grpc::ClientContext* call_ = nullptr;  // of the stream that is open
  std::thread thread_;
};

}  // namespace descent
