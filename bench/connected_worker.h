#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/worker_protocol.h"
#include "descent/v1/worker.grpc.pb.h"

namespace descent {

// What the workers of one coordinator come to. Called by gRPC's threads.
class WorkerAudience {
 public:
  virtual ~WorkerAudience() = default;
  virtual void OnRegistered() = 0;
  virtual void OnAcknowledged(MonotonicTime due, MonotonicTime heard) = 0;  // a heartbeat
  virtual void OnEnded(const std::string& reason) = 0;                      // once, the last
};

// A rank that gets no job: it registers and sends heartbeats, over a connection of its own. It
// numbers all of that as other workers number their reports, so the coordinator acknowledges each,
// after everything that it has heard before.
class ConnectedWorker final
    : public grpc::ClientBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage> {
 public:
  // Connects. The audience outlives the connection.
  ConnectedWorker(const std::string& address, const Register& identity, WorkerAudience& audience);

  // Any thread. `due`: when it was to be sent, from which its time counts.
  void SendHeartbeat(MonotonicTime due);

  void Leave();  // OnEnded follows, after which this object may go

 private:
  void Say(const WorkerMessage& message, MonotonicTime due);
  void WriteNext();  // with the mutex held

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  WorkerAudience& audience_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  v1::CoordinatorMessage heard_;  // owned by the read in progress
  v1::WorkerMessage said_;        // owned by the write in progress

  std::mutex mutex_;  // guards the following
  std::deque<v1::WorkerMessage> unsent_;
  bool is_writing_ = false;
  bool has_ended_ = false;
  std::deque<MonotonicTime> unacknowledged_;  // when each was due, from number first_ on
  std::int64_t first_ = 1;
};

}  // namespace descent
