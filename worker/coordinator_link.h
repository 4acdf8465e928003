#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/credential_files.h"
#include "common/worker_protocol.h"

namespace descent {

// The rank's stream to the coordinator, kept up: when it cannot be had or breaks, it is opened
// again with growing, jittered delays (limits::kReconnectDelay…), which is said once. Owns its
// threads.
class CoordinatorLink {
 public:
  struct Options {
    std::string address;  // "HOST:PORT" of the coordinator's worker listener
    Credentials credentials;
    // First message of every stream, made under the link's lock; and the last of those it opens
    // with: how the newest assignment ended, if it has, because that is not on the coordinator's
    // disk before all ranks have ended.
    std::function<Register()> identity;
    std::function<std::optional<AssignmentEnded>()> last_end;
    // All of these are called from the link's threads, never after the destructor has returned.
    std::function<void(CoordinatorMessage&&)> on_message;
    // A report is on the coordinator's disk; `kept_checkpoints` are those of its Acknowledge.
    std::function<void(const WorkerMessage&, const std::vector<std::int64_t>& kept_checkpoints)>
        on_stored;
    std::function<Heartbeat()> heartbeat;
  };

  explicit CoordinatorLink(Options options);
  ~CoordinatorLink();  // sends what is queued (for at most a second), then closes the stream

  CoordinatorLink(const CoordinatorLink&) = delete;
  CoordinatorLink& operator=(const CoordinatorLink&) = delete;

  // Queues a message for the present stream, if there is one. Any thread; does not block.
  void Send(const WorkerMessage& message);

  // Sends a message and keeps it until the coordinator has acknowledged it: a new stream begins
  // with the identity and all that is kept, in order. Any thread; does not block. Beyond
  // limits::kReportsKeptMax the oldest are given up.
  void Report(WorkerMessage message);

  // Blocks until all reports are acknowledged or GiveUp is called, which any thread may, at any
  // time.
  void WaitUntilStored();
  void GiveUp();

 private:
  class Stream;
  struct KeptReport {
    std::int64_t sequence;
    WorkerMessage message;
  };

  void OpenStream(const std::shared_ptr<Stream>& stream);
  void OnMessage(CoordinatorMessage&& message);

  void KeepConnected();
  void SendHeartbeats();
  std::shared_ptr<Stream> current_stream();
  bool SleepUnlessEnding(std::chrono::milliseconds duration);  // false: ending

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;          // guarded by mutex_
  bool has_given_up_ = false;       // guarded by mutex_
  std::shared_ptr<Stream> stream_;  // guarded by mutex_; null while there is none
  std::deque<KeptReport> reports_;  // guarded by mutex_: not yet acknowledged
  std::int64_t last_sequence_ = 0;  // guarded by mutex_
  std::thread connector_;
  std::thread heartbeats_;
};

}  // namespace descent
