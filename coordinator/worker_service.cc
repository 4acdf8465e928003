#include "coordinator/worker_service.h"

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "common/failpoint.h"
#include "common/limits.h"
#include "common/log.h"
#include "coordinator/call_context.h"
#include "coordinator/log_streams.h"
#include "coordinator/request_error.h"
#include "proto/wire.h"

namespace descent {
namespace {

// One Connect call. Any thread. A reader too slow for its queue is cut off, which ends the attempt
// that it takes part in, as the loss of any worker does: what waited for it is not told again.
class WorkerSession final
    : public grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>,
      public WorkerStream,
      public OpenStream {
 public:
  WorkerSession(Runtime& runtime, std::string peer) : runtime_(runtime), peer_(std::move(peer)) {}

  void Start(std::shared_ptr<WorkerSession> self) {
    self_ = std::move(self);
    id_ = runtime_.OpenSession(self_);
    LogInfo("worker connected session={} peer={}", id_, peer_);
    DESCENT_FAILPOINT("coordinator.session.opened");
    StartRead(&read_);
  }

  void Send(const CoordinatorMessage& message) override {
    v1::CoordinatorMessage encoded = ToProto(message);
    {
      const std::lock_guard lock(mutex_);
      if (unsent_.size() >= limits::kStreamQueueMax && !end_)
        end_ = ToGrpcStatus(Status(
            Code::kResourceExhausted,
            "the worker reads too slowly: " + std::to_string(unsent_.size()) + " messages wait"));
      if (!end_) unsent_.push_back(std::move(encoded));
    }
    Advance();
  }

  void Close(const std::string& reason) override {
    End(ToGrpcStatus(Status(Code::kAborted, reason)));
  }

  void End(const grpc::Status& status) override {
    {
      const std::lock_guard lock(mutex_);
      if (!end_) end_ = status;
    }
    Advance();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status::OK);  // the worker has closed its side, or is gone
    DESCENT_FAILPOINT("coordinator.message.heard");
    Result<WorkerMessage> message = FromProto(read_);
    Status status = message.status();
    if (status.ok())
      status = runtime_.WorkerSays(id_, std::move(message).value(), read_.sequence());
    if (!status.ok()) {
      LogWarning("worker refused session={} error=\"{}\"", id_, status.ToString());
      return End(ToGrpcStatus(status));
    }
    StartRead(&read_);
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      is_writing_ = false;
      if (!ok && !end_) end_ = grpc::Status::CANCELLED;
    }
    Advance();
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    LogInfo("worker disconnected session={} peer={}", id_, peer_);
    runtime_.CloseSession(id_, EndReason());
    self_.reset();
  }

  // The call is over.
  std::string EndReason() {
    const std::lock_guard lock(mutex_);
    return end_ && !end_->error_message().empty() ? end_->error_message() : "the stream is closed";
  }

  void Advance() {
    std::unique_lock lock(mutex_);
    if (is_writing_ || is_finished_) return;
    if (end_) {
      is_finished_ = true;
      lock.unlock();
      Finish(*end_);  // constant from now on
    } else if (!unsent_.empty()) {
      written_ = std::move(unsent_.front());
      unsent_.pop_front();
      is_writing_ = true;
      lock.unlock();
      StartWrite(&written_);
    }
  }

  Runtime& runtime_;
  const std::string peer_;
  SessionId id_ = 0;
  // The call and the runtime both reach this object; gRPC's share ends with OnDone.
  std::shared_ptr<WorkerSession> self_;
  v1::WorkerMessage read_;          // owned by the read in progress
  v1::CoordinatorMessage written_;  // owned by the write in progress

  std::mutex mutex_;  // guards the following
  std::deque<v1::CoordinatorMessage> unsent_;
  bool is_writing_ = false;
  std::optional<grpc::Status> end_;
  bool is_finished_ = false;
};

}  // namespace

grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>* WorkerService::Connect(
    grpc::CallbackServerContext* context) {
  const auto session = std::make_shared<WorkerSession>(runtime_, context->peer());
  session->Start(session);
  streams_.Add(session, CallerOf(*context));
  return session.get();
}

grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>* WorkerService::PushLogs(
    grpc::CallbackServerContext* context) {
  return StartLogPush(runtime_, streams_, blocking_threads_, CallerOf(*context));
}

grpc::ServerUnaryReactor* WorkerService::ReportRankExit(grpc::CallbackServerContext* context,
                                                        const v1::RankExit* request,
                                                        v1::ReportRankExitResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  LogInfo("world ended pool={} rank={} host={} pid={} exit_code={} signal={}", request->pool(),
          request->world_rank(), request->host(), request->pid(), request->exit_code(),
          request->signal());
  DESCENT_FAILPOINT("coordinator.rank_exit.heard");
  reactor->Finish(ToGrpcStatus(runtime_.LauncherSays(FromProto(*request))));
  return reactor;
}

}  // namespace descent
