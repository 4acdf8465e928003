#include "launch/exit_reporter.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstddef>

#include "common/failpoint.h"
#include "common/log.h"
#include "descent/v1/worker.grpc.pb.h"
#include "proto/wire.h"
#include "rpc/channel.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kCallTimeout{2};
constexpr std::chrono::milliseconds kRetryDelay{500};
constexpr int kTriesMax = 15;
constexpr std::size_t kUnsentMax = 64;

}  // namespace

class ExitReporter::Channel {
 public:
  Channel(const std::string& address, const Credentials& credentials)
      : stub_(OpenChannel(address, credentials, grpc::ChannelArguments())) {}

  grpc::Status Send(const RankExit& exit) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    v1::ReportRankExitResponse response;
    return stub_.ReportRankExit(&context, ToProto(exit), &response);
  }

 private:
  v1::WorkerService::Stub stub_;
};

ExitReporter::ExitReporter(const std::string& coordinator, const Credentials& credentials)
    : channel_(std::make_unique<Channel>(coordinator, credentials)), thread_([this] { Run(); }) {}

ExitReporter::~ExitReporter() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ExitReporter::Report(const RankExit& exit) {
  {
    const std::lock_guard lock(mutex_);
    // The newest are those that somebody still waits for.
    if (unsent_.size() == kUnsentMax) unsent_.pop_front();
    unsent_.push_back(exit);
  }
  changed_.notify_all();
}

void ExitReporter::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || !unsent_.empty(); });
    if (is_stopping_) return;
    const RankExit exit = unsent_.front();
    unsent_.pop_front();
    lock.unlock();
    DESCENT_FAILPOINT("launch.report.before");
    const bool is_sent = Send(exit);
    DESCENT_FAILPOINT("launch.report.after");
    lock.lock();
    if (!is_sent && !is_stopping_)
      LogWarning("report dropped pool={} rank={}", exit.pool, exit.world_rank);
  }
}

bool ExitReporter::Send(const RankExit& exit) {
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const grpc::Status status = channel_->Send(exit);
    if (status.ok()) return true;
    // A coordinator that does not know the call never will.
    if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) return false;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kRetryDelay, [this] { return is_stopping_; })) return false;
  }
  return false;
}

}  // namespace descent
