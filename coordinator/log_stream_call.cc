#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "coordinator/blocking_stream.h"
#include "coordinator/log_request.h"
#include "coordinator/log_streams.h"
#include "coordinator/metric_request.h"
#include "coordinator/request_error.h"

namespace descent {
namespace {

// New lines are looked for this often, and sent together.
constexpr std::chrono::milliseconds kLinesInterval{250};
// What a rank that was killed had sent may arrive after the job's end.
constexpr double kLateSeconds = 1;

bool IsOver(const Job& job) {
  const double now = std::chrono::duration<double>(WallNow().time_since_epoch()).count();
  return IsTerminal(job.state) && now > job.end_time + kLateSeconds;
}

// Looks for matching lines, sends them, waits where there are none.
class LogStreamCall final : public BlockingStream<v1::StreamJobLogsResponse> {
 public:
  LogStreamCall(Runtime& runtime, boost::asio::thread_pool& threads,
                const v1::StreamJobLogsRequest& request)
      : BlockingStream(threads), runtime_(runtime), request_(request) {}

 private:
  void Begin() override {
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, request_.name(), job); !found.ok())
      return Finish(found);
    if (const grpc::Status open = Open(job); !open.ok()) return Finish(open);
    job_ = std::move(job);
    GoOn();
  }

  grpc::Status Open(const Job& job) {
    auto opened = OpenLog(runtime_.logs(), job, request_,
                          {.is_cancelled = [this] { return AskedEnd().has_value(); }});
    if (const auto* error = std::get_if<RequestError>(&opened))
      return AskedEnd().value_or(ToGrpcStatus(*error));
    reader_.emplace(std::get<LogReader>(std::move(opened)));
    return grpc::Status::OK;
  }

  // The job's state is read first: of one that is over, all lines are there.
  void GoOn() override {
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, request_.name(), job); !found.ok())
      return Finish(found);
    if (UidOf(job) != UidOf(job_)) return FinishExpired(job);
    while (!FinishIfAsked()) {
      Result<LogPage> page = reader_->Next();
      if (!page.ok()) return Finish(ToGrpcStatus(page.status()));
      if (page.value().oldest)
        return Finish(ToGrpcStatus(CursorExpired(job, *page.value().oldest)));
      if (!page.value().lines.empty()) return SendLines(job, page.value().lines);
      if (page.value().is_end) return WaitOrFinish(job);
    }
  }

  // The place after the last line that was looked at, whether or not it was sent.
  const v1::StreamJobLogsResponse* Bookmark() override {
    if (!reader_) return nullptr;
    message_ = MakeLogResponse(job_, {}, reader_->next());
    return &message_;
  }

  void WaitOrFinish(const Job& job) {
    if (!request_.follow() || IsOver(job)) return Finish(grpc::Status::OK);
    if (IsQuiet()) return SendLines(job, {});
    GoOnAfter(kLinesInterval);
  }

  // The name was given again.
  void FinishExpired(const Job& job) {
    const Result<std::int64_t> oldest = runtime_.logs().OldestLine(job.id);
    if (!oldest.ok()) return Finish(ToGrpcStatus(oldest.status()));
    Finish(ToGrpcStatus(CursorExpired(job, oldest.value())));
  }

  void SendLines(const Job& job, const std::vector<LogLine>& lines) {
    message_ = MakeLogResponse(job, lines, reader_->next());
    Send(message_);
  }

  Runtime& runtime_;
  const v1::StreamJobLogsRequest request_;
  Job job_;  // as it was found at first: another one may get its name
  std::optional<LogReader> reader_;
  v1::StreamJobLogsResponse message_;  // owned by the write in progress
};

}  // namespace

grpc::ServerWriteReactor<v1::StreamJobLogsResponse>* StartLogStream(
    Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
    const grpc::CallbackServerContext& context, const v1::StreamJobLogsRequest& request) {
  return LaunchStream<LogStreamCall>(streams, context, runtime, threads, request);
}

}  // namespace descent
