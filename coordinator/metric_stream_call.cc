#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "coordinator/blocking_stream.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_view.h"
#include "coordinator/metric_request.h"
#include "coordinator/metric_streams.h"
#include "coordinator/request_error.h"

namespace descent {
namespace {

// New points are looked for this often, and sent together.
constexpr std::chrono::milliseconds kPointsInterval{500};
constexpr int kPointsOfMessageMax = 1000;  // of each name

// Looks for new points, sends them, waits where there are none.
class MetricStreamCall final : public BlockingStream<v1::StreamMetricsResponse> {
 public:
  MetricStreamCall(Runtime& runtime, boost::asio::thread_pool& threads,
                   const v1::StreamMetricsRequest& request)
      : BlockingStream(threads), runtime_(runtime), request_(request) {}

 private:
  void Begin() override { GoOn(); }

  // The job's state is read first: of one that is over, all points are there.
  void GoOn() override {
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, request_.job(), job); !found.ok())
      return Finish(found);
    const std::string uid = UidOf(job);
    if (uid_.empty()) uid_ = uid;
    if (uid != uid_) return Finish(ToGrpcStatus(JobNotFound(job.id)));  // the name was given again
    Result<std::vector<MetricCurve>> news = ReadNews(job.id);
    if (!news.ok()) return Finish(ToGrpcStatus(news.status()));
    if (!news.value().empty()) return SendCurves(news.value());
    if (IsTerminal(job.state)) return Finish(grpc::Status::OK);
    if (IsQuiet()) return SendCurves({});
    GoOnAfter(kPointsInterval);
  }

  Result<std::vector<MetricCurve>> ReadNews(const std::string& job_id) {
    MetricNews query{.job_id = job_id,
                     .names = {request_.names().begin(), request_.names().end()},
                     .first_step = request_.first_step(),
                     .next_steps = next_steps_,
                     .points_max = kPointsOfMessageMax};
    return runtime_.metrics().ReadNews(query);
  }

  void SendCurves(const std::vector<MetricCurve>& news) {
    for (const MetricCurve& curve : news) next_steps_[curve.name] = curve.points.back().step + 1;
    *message_.mutable_series() = std::move(*ToProto(news).mutable_series());
    Send(message_);
  }

  Runtime& runtime_;
  const v1::StreamMetricsRequest request_;
  std::string uid_;                                 // of the job that was found at first
  std::map<std::string, std::int64_t> next_steps_;  // of names of which something was sent
  v1::StreamMetricsResponse message_;               // owned by the write in progress
};

}  // namespace

grpc::ServerWriteReactor<v1::StreamMetricsResponse>* StartMetricStream(
    Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
    const grpc::CallbackServerContext& context, const v1::StreamMetricsRequest& request) {
  return LaunchStream<MetricStreamCall>(streams, context, runtime, threads, request);
}

}  // namespace descent
