#include <algorithm>
#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/failpoint.h"
#include "common/log.h"
#include "coordinator/incident.h"
#include "coordinator/log_streams.h"
#include "coordinator/request_error.h"
#include "proto/log_wire.h"

namespace descent {
namespace {

// That the lines are of a rank which the job had in that attempt. The lines of attempts that it no
// longer remembers are past.
bool IsOfItsRanks(const LogChunk& chunk, const Job& job) {
  const LogLine& line = chunk.lines.front();
  const auto has_rank = [&](const AttemptRecord& attempt) {
    return attempt.attempt == line.attempt && attempt.generation == chunk.generation &&
           line.rank < std::ssize(attempt.workers);
  };
  return has_rank(job.attempt) || std::ranges::any_of(job.earlier_attempts, has_rank);
}

// If it is the rank that is blamed for the end of that attempt. Its last lines may come after that.
std::optional<FailedRank> FindBlame(const LogChunk& chunk, const Job& job) {
  const LogLine& line = chunk.lines.front();
  const FailedRank rank{.attempt = line.attempt, .rank = line.rank};
  const auto is_blamed = [&](const AttemptRecord& attempt) {
    return FailedRankOf(attempt) == rank;
  };
  if (!is_blamed(job.attempt) && std::ranges::none_of(job.earlier_attempts, is_blamed))
    return std::nullopt;
  return rank;
}

//   reading --chunk--> asking the owner thread for the job --> storing --> acknowledging -->
//   reading
// An end that is asked for takes place at once while it reads, and otherwise when it would read.
class PushCall final : public grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>, public OpenStream {
 public:
  PushCall(Runtime& runtime, boost::asio::thread_pool& threads)
      : runtime_(runtime), threads_(threads) {}

  void Start(std::shared_ptr<PushCall> self) {
    self_ = std::move(self);
    StartRead(&read_);
  }

  void End(const grpc::Status& status) override {
    {
      const std::lock_guard lock(mutex_);
      if (!end_) end_ = status;
      if (is_busy_ || is_finished_) return;
      is_finished_ = true;
    }
    Finish(*end_);  // constant from now on
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status::OK);  // the worker has closed its side, or is gone
    if (!SetBusy(true)) return;
    Result<LogChunk> chunk = FromProto(read_);
    if (!chunk.ok()) return Fail(chunk.status());
    const auto read = [this, chunk = std::move(chunk).value()](const State& state) {
      const Job* const job = state.FindJob(chunk.job);
      const bool is_wanted = job != nullptr && IsOfItsRanks(chunk, *job);
      const auto blamed = is_wanted ? FindBlame(chunk, *job) : std::nullopt;
      boost::asio::post(threads_,
                        [this, chunk, is_wanted, blamed] { Answer(chunk, is_wanted, blamed); });
    };
    runtime_.Read(read, [this](const Refusal& refusal) { Fail(refusal.status); });
  }

  void Answer(const LogChunk& chunk, bool is_wanted, const std::optional<FailedRank>& blamed) {
    try {
      if (!Store(chunk, is_wanted)) return;
      if (blamed) KeepTail(chunk.job, *blamed);
    } catch (...) {
      return Fail(StatusOfThrown());
    }
    StartWrite(&ack_);
  }

  // What is not wanted is acknowledged too: it would only be sent again. False: it is not stored,
  // and the call has ended.
  bool Store(const LogChunk& chunk, bool is_wanted) {
    if (!is_wanted) {
      runtime_.logs().Drop(chunk);
    } else if (const Status stored = runtime_.logs().Append(chunk); !stored.ok()) {
      LogWarning("log not stored job={} error=\"{}\"", chunk.job, stored.ToString());
      Fail(stored);
      return false;
    }
    DESCENT_FAILPOINT("coordinator.log.stored");
    return true;
  }

  void KeepTail(const std::string& job_id, const FailedRank& rank) {
    if (const Status kept = runtime_.logs().KeepTail(job_id, rank); !kept.ok())
      LogWarning("last lines of a failed rank not kept job={} error=\"{}\"", job_id,
                 kept.ToString());
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Fail(Status(Code::kCancelled, "the worker is gone"));
    if (SetBusy(false)) StartRead(&read_);
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override { self_.reset(); }

  // Once it is not busy gRPC may end the call, and with it this object: that comes last.
  void Fail(const Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (!end_) end_ = ToGrpcStatus(status);
    }
    SetBusy(false);
  }

  // False: an end was asked for meanwhile, and has now taken place.
  bool SetBusy(bool is_busy) {
    {
      const std::lock_guard lock(mutex_);
      is_busy_ = is_busy;
      if (is_busy || !end_ || is_finished_) return !is_finished_;
      is_finished_ = true;
    }
    Finish(*end_);  // constant from now on
    return false;
  }

  Runtime& runtime_;
  boost::asio::thread_pool& threads_;
  // The call, the runtime and the threads all reach this object; gRPC's share ends with OnDone.
  std::shared_ptr<PushCall> self_;
  v1::LogChunk read_;  // owned by the read in progress
  v1::LogAck ack_;

  std::mutex mutex_;  // guards the following
  bool is_busy_ = false;
  std::optional<grpc::Status> end_;
  bool is_finished_ = false;
};

}  // namespace

grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>* StartLogPush(Runtime& runtime,
                                                                StreamSet& streams,
                                                                boost::asio::thread_pool& threads,
                                                                const Caller& caller) {
  const auto call = std::make_shared<PushCall>(runtime, threads);
  call->Start(call);
  streams.Add(call, caller);
  return call.get();
}

}  // namespace descent
