#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/worker_protocol.h"

namespace descent {

// The rank's stream to the coordinator, kept up: when it cannot be had or breaks, it is opened
// again with growing, jittered delays (limits::kReconnectDelay…), which is said once. Owns its
// threads.
class CoordinatorLink {
 public:
  struct Options {
    std::string address;  // "HOST:PORT" of the coordinator's worker listener
    Register identity;    // first message of every stream
    // All three are called from the link's threads, never after the destructor has returned.
    std::function<void(CoordinatorMessage)> on_message;
    std::function<void()> on_disconnected;  // what was assigned over the stream is void
    std::function<Heartbeat()> heartbeat;
  };

  explicit CoordinatorLink(Options options);
  ~CoordinatorLink();  // sends what is queued (for at most a second), then closes the stream

  CoordinatorLink(const CoordinatorLink&) = delete;
  CoordinatorLink& operator=(const CoordinatorLink&) = delete;

  // Queues a message for the present stream. Any thread; does not block. Dropped while there is no
  // stream: the coordinator has given up on what it could be about.
  void Send(const WorkerMessage& message);

 private:
  class Stream;

  void KeepConnected();
  void SendHeartbeats();
  std::shared_ptr<Stream> current_stream();
  bool SleepUnlessEnding(std::chrono::milliseconds duration);  // false: ending

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;          // guarded by mutex_
  std::shared_ptr<Stream> stream_;  // guarded by mutex_; null while there is none
  std::thread connector_;
  std::thread heartbeats_;
};

}  // namespace descent
