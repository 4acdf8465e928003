#include "worker/log_link.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "common/limits.h"
#include "common/log.h"
#include "descent/v1/worker.grpc.pb.h"
#include "proto/log_wire.h"
#include "worker/coordinator_channel.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{500};

struct StreamEnd {
  bool has_sent = false;  // at least one chunk was stored
  grpc::Status status;
};

// Sends until the ring is closed or the coordinator ends the stream.
StreamEnd SendChunks(v1::WorkerService::Stub& stub, grpc::ClientContext& context, LogRing& ring) {
  const auto stream = stub.PushLogs(&context);
  StreamEnd end;
  v1::LogAck ack;
  while (const std::optional<LogChunk> chunk = ring.WaitForChunk()) {
    if (!stream->Write(ToProto(*chunk)) || !stream->Read(&ack)) break;
    ring.Acknowledge(*chunk);
    end.has_sent = true;
  }
  stream->WritesDone();
  end.status = stream->Finish();
  return end;
}

}  // namespace

LogLink::LogLink(std::string address, Credentials credentials, std::shared_ptr<LogRing> ring)
    : address_(std::move(address)),
      credentials_(std::move(credentials)),
      ring_(std::move(ring)),
      thread_([this] { Run(); }) {}

LogLink::~LogLink() {
  ring_->WaitUntilSent(limits::kLogFlushMax);
  ring_->Close();
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    if (call_ != nullptr) call_->TryCancel();
  }
  changed_.notify_all();
  thread_.join();
}

bool LogLink::SleepUnlessEnding(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return is_ending_; });
}

void LogLink::Run() {
  const std::shared_ptr<grpc::Channel> channel = MakeCoordinatorChannel(address_, credentials_);
  const std::unique_ptr<v1::WorkerService::Stub> stub = v1::WorkerService::NewStub(channel);
  std::chrono::milliseconds delay = limits::kReconnectDelayMin;
  std::string refusal;
  do {
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + kConnectTimeout)) continue;
    grpc::ClientContext context;
    {
      const std::lock_guard lock(mutex_);
      if (is_ending_) return;
      call_ = &context;
    }
    const StreamEnd end = SendChunks(*stub, context, *ring_);
    {
      const std::lock_guard lock(mutex_);
      call_ = nullptr;
      if (is_ending_) return;
    }
    // That the coordinator is away is said by the stream that the job depends on. A server that is
    // about to stop cancels new calls.
    const bool is_away = end.status.ok() || end.status.error_code() == grpc::UNAVAILABLE ||
                         end.status.error_code() == grpc::CANCELLED;
    if (!is_away && end.status.error_message() != refusal) {
      refusal = end.status.error_message();
      LogWarning("log not taken by the coordinator, sending it again error=\"{}\"", refusal);
    }
    delay = end.has_sent
                ? limits::kReconnectDelayMin
                : std::min<std::chrono::milliseconds>(delay * 2, limits::kReconnectDelayMax);
  } while (SleepUnlessEnding(Jittered(delay)));
}

}  // namespace descent
