#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "common/limits.h"
#include "coordinator/blocking_stream.h"
#include "coordinator/log_streams.h"
#include "coordinator/metric_request.h"
#include "coordinator/request_error.h"
#include "proto/log_wire.h"

namespace descent {
namespace {

// New lines are looked for this often, and sent together.
constexpr std::chrono::milliseconds kInterval{250};
// What a rank that was killed had sent may arrive after the job's end.
constexpr double kLateSeconds = 1;

grpc::Status Refuse(const std::string& message, const std::string& reason) {
  return RefuseRequest(Status(Code::kInvalidArgument, message), reason);
}

// The number of the next line.
std::optional<std::int64_t> ParseToken(const std::string& token) {
  std::int64_t line = 0;
  const char* const end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data(), end, line);
  if (parsed.ec != std::errc() || parsed.ptr != end || line < 1) return std::nullopt;
  return line;
}

grpc::Status CursorExpired(const std::string& token, std::int64_t oldest) {
  RequestError error{
      Status(Code::kFailedPrecondition, "the lines after resume_token " + token +
                                            " are no longer kept; the oldest kept is " +
                                            std::to_string(oldest)),
      "CURSOR_EXPIRED",
      {},
      {{"oldest_token", std::to_string(oldest)}}};
  error.grpc_code = grpc::StatusCode::OUT_OF_RANGE;
  return ToGrpcStatus(error);
}

bool IsOver(const Job& job) {
  const double now = std::chrono::duration<double>(WallNow().time_since_epoch()).count();
  return IsTerminal(job.state) && now > job.end_time + kLateSeconds;
}

// That the coordinator stops, for a call that looks between two of its steps. Any thread.
class StopSign final : public OpenStream {
 public:
  void End(const Status& status) override {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  std::optional<Status> status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Status> status_;  // guarded by mutex_
};

// Looks for matching lines, sends them, waits where there are none.
class StreamCall final : public BlockingStream<v1::StreamJobLogsResponse> {
 public:
  StreamCall(Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
             const v1::StreamJobLogsRequest& request)
      : BlockingStream(threads), runtime_(runtime), timer_(threads), request_(request) {
    streams.Add(stop_);
  }

 private:
  void OnCancel() override { is_cancelled_ = true; }  // on a thread of gRPC

  void Begin() override {
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, request_.name(), job); !found.ok())
      return Finish(found);
    if (const grpc::Status open = Open(job.id); !open.ok()) return Finish(open);
    GoOn();
  }

  grpc::Status CheckSizes() const {
    if (request_.ranks_size() > limits::kWorldSizeMax)
      return Refuse(std::to_string(request_.ranks_size()) + " ranks, may be " +
                        std::to_string(limits::kWorldSizeMax),
                    "FILTER_INVALID");
    if (request_.contains().size() > limits::kLogTextBytesMax)
      return Refuse("contains has " + std::to_string(request_.contains().size()) +
                        " bytes, may have " + std::to_string(limits::kLogTextBytesMax),
                    "FILTER_INVALID");
    return grpc::Status::OK;
  }

  grpc::Status Open(const std::string& job_id) {
    if (const grpc::Status sizes = CheckSizes(); !sizes.ok()) return sizes;
    LogFilter filter{.ranks = {request_.ranks().begin(), request_.ranks().end()},
                     .attempt = request_.attempt(),
                     .contains = request_.contains()};
    if (request_.min_severity() != v1::LOG_SEVERITY_UNSPECIFIED) {
      const Result<LogSeverity> severity = FromProto(request_.min_severity());
      if (!severity.ok()) return RefuseRequest(severity.status(), "FILTER_INVALID");
      filter.severity_min = severity.value();
    }
    if (request_.has_tail() && !request_.resume_token().empty())
      return Refuse("tail and resume_token exclude each other", "FILTER_INVALID");
    if (request_.tail() < 0 || request_.tail() > limits::kLogTailMax)
      return Refuse("tail is " + std::to_string(request_.tail()) + ", must be 0 to " +
                        std::to_string(limits::kLogTailMax),
                    "FILTER_INVALID");
    const Result<std::int64_t> first = FirstLine(job_id, filter);
    if (first.status().code() == Code::kInvalidArgument)
      return RefuseRequest(first.status(), "PAGE_TOKEN_INVALID");
    if (!first.ok()) return ToGrpcStatus(first.status());
    reader_.emplace(runtime_.logs().ReaderFrom(job_id, std::move(filter), first.value()));
    return grpc::Status::OK;
  }

  Result<std::int64_t> FirstLine(const std::string& job_id, const LogFilter& filter) const {
    if (request_.has_tail()) return runtime_.logs().FindTail(job_id, filter, request_.tail());
    if (request_.resume_token().empty()) return std::int64_t{0};
    const std::optional<std::int64_t> line = ParseToken(request_.resume_token());
    if (line) return *line;
    return Status(Code::kInvalidArgument,
                  "resume_token \"" + request_.resume_token() + "\" is not one of this service");
  }

  // The job's state is read first: of one that is over, all lines are there.
  void GoOn() override {
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, request_.name(), job); !found.ok())
      return Finish(found);
    while (!is_cancelled_) {
      if (const std::optional<Status> stop = stop_->status()) return Finish(ToGrpcStatus(*stop));
      Result<LogPage> page = reader_->Next();
      if (!page.ok()) return Finish(ToGrpcStatus(page.status()));
      if (page.value().oldest)
        return Finish(CursorExpired(std::to_string(reader_->next()), *page.value().oldest));
      if (!page.value().lines.empty()) return Send(page.value().lines);
      if (page.value().is_end) return WaitOrFinish(job);
    }
    Finish(grpc::Status::CANCELLED);
  }

  void WaitOrFinish(const Job& job) {
    if (!request_.follow() || IsOver(job)) return Finish(grpc::Status::OK);
    timer_.expires_after(kInterval);
    timer_.async_wait([this](const boost::system::error_code&) { GoOn(); });
  }

  void Send(const std::vector<LogLine>& lines) {
    message_.Clear();
    for (const LogLine& line : lines) *message_.add_lines() = ToProto(line);
    message_.set_resume_token(std::to_string(reader_->next()));
    StartWrite(&message_);
  }

  Runtime& runtime_;
  boost::asio::steady_timer timer_;
  const v1::StreamJobLogsRequest request_;
  const std::shared_ptr<StopSign> stop_ = std::make_shared<StopSign>();
  std::atomic<bool> is_cancelled_ = false;
  std::optional<LogReader> reader_;
  v1::StreamJobLogsResponse message_;  // owned by the write in progress
};

}  // namespace

grpc::ServerWriteReactor<v1::StreamJobLogsResponse>* StartLogStream(
    Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
    const v1::StreamJobLogsRequest& request) {
  return LaunchStream<StreamCall>(runtime, streams, threads, request);
}

}  // namespace descent
