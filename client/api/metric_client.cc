#include "client/api/metric_client.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "client/api/all_pages.h"
#include "client/api/channel.h"
#include "client/api/convert.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

// A coordinator that is started again is back within seconds. Before anything was heard of it, it
// may never have been there.
constexpr std::chrono::seconds kMetricFollowerAwayMax{60};
constexpr std::chrono::seconds kMetricAwayMax{2};
constexpr std::chrono::milliseconds kMetricRetryDelay{500};

v1::MetricFormat FormatOf(MetricFileFormat format) {
  switch (format) {
    case MetricFileFormat::kCsv:
      return v1::METRIC_FORMAT_CSV;
    case MetricFileFormat::kJsonLines:
      return v1::METRIC_FORMAT_JSONL;
    case MetricFileFormat::kTensorBoard:
      return v1::METRIC_FORMAT_TENSORBOARD;
  }
  return v1::METRIC_FORMAT_UNSPECIFIED;
}

v1::XAxis ToProto(XAxis axis) {
  switch (axis) {
    case XAxis::kStep:
      return v1::X_AXIS_STEP;
    case XAxis::kTime:
      return v1::X_AXIS_TIME;
    case XAxis::kSamples:
      return v1::X_AXIS_SAMPLES;
  }
  return v1::X_AXIS_UNSPECIFIED;
}

// The fields that all requests for points of one job share.
template <typename Request>
Request MetricRequestFor(const MetricSelection& selection) {
  Request request;
  request.set_job("jobs/" + selection.job);
  request.mutable_names()->Add(selection.names.begin(), selection.names.end());
  return request;
}

using StepByName = std::map<std::string, std::int64_t>;

// What is new to a reader who has each name up to its step in `reached`, which then has the news.
v1::StreamMetricsResponse TakeNews(const v1::StreamMetricsResponse& message, StepByName& reached) {
  v1::StreamMetricsResponse news;
  for (const v1::MetricSeries& series : message.series()) {
    v1::MetricSeries kept = series;
    kept.clear_points();
    const auto known = reached.find(series.name());
    for (const v1::MetricPoint& point : series.points())
      if (known == reached.end() || point.step() > known->second) *kept.add_points() = point;
    if (kept.points().empty()) continue;
    reached[series.name()] = kept.points().rbegin()->step();
    *news.add_series() = std::move(kept);
  }
  return news;
}

}  // namespace

struct MetricClient::Stub {
  explicit Stub(const Endpoint& endpoint) : channel(endpoint), metrics(channel.grpc()) {}

  // `method` of the service, of which `response` is the answer.
  template <typename Method, typename Request, typename Response>
  grpc::Status Call(Method method, const Request& request, Response& response) {
    return channel.CallWithRetry([&](grpc::ClientContext* context) {
      return (metrics.*method)(context, request, &response);
    });
  }

  // Reads a stream to its end, or until `take` says no, which is no error.
  template <typename Message, typename Method, typename Request, typename Take>
  grpc::Status Read(Method method, const Request& request, const Take& take) {
    grpc::ClientContext context;
    Message message;
    const auto reader = (metrics.*method)(&context, request);
    bool is_enough = false;
    while (reader->Read(&message)) {
      if (is_enough || take(message)) continue;
      is_enough = true;
      context.TryCancel();
    }
    const grpc::Status status = reader->Finish();
    return is_enough ? grpc::Status::OK : status;
  }

  const Channel channel;
  v1::MetricService::Stub metrics;
};

MetricClient::MetricClient(const Endpoint& endpoint)
    : address_(endpoint.address), stub_(std::make_unique<Stub>(endpoint)) {}

MetricClient::~MetricClient() = default;

Reply<MetricSummaries> MetricClient::List(const std::string& job) {
  v1::ListMetricsRequest request;
  request.set_job("jobs/" + job);
  v1::ListMetricsResponse response;
  const auto call = [&](const v1::ListMetricsRequest& asked, v1::ListMetricsResponse& page) {
    return stub_->Call(&v1::MetricService::Stub::ListMetrics, asked, page);
  };
  const grpc::Status status = ReadAllPages(request, response, call);
  if (!status.ok()) return ToApiError(status, address_);
  MetricSummaries summaries{.metrics = {}, .json = ToJson(response)};
  for (const v1::MetricSummary& summary : response.metrics())
    summaries.metrics.push_back(ToView(summary));
  return summaries;
}

Reply<MetricSeriesList> MetricClient::Query(const CurveSelection& selection) {
  v1::QueryMetricsRequest request;
  // One job in the field that coordinators of every version know.
  if (selection.jobs.size() == 1)
    request.set_job("jobs/" + selection.jobs.front());
  else
    for (const std::string& job : selection.jobs) request.add_jobs("jobs/" + job);
  request.mutable_names()->Add(selection.names.begin(), selection.names.end());
  request.set_first_step(selection.first_step);
  request.set_max_points(selection.points_max);
  request.set_x_axis(ToProto(selection.axis));
  v1::QueryMetricsResponse response;
  const grpc::Status status =
      stub_->Call(&v1::MetricService::Stub::QueryMetrics, request, response);
  if (!status.ok()) return ToApiError(status, address_);
  return ToSeries(response.series());
}

Reply<ComparisonView> MetricClient::Compare(const std::vector<std::string>& jobs,
                                            const std::vector<std::string>& names) {
  v1::CompareJobsRequest request;
  for (const std::string& job : jobs) request.add_jobs("jobs/" + job);
  request.mutable_names()->Add(names.begin(), names.end());
  v1::CompareJobsResponse response;
  const grpc::Status status = stub_->Call(&v1::MetricService::Stub::CompareJobs, request, response);
  if (!status.ok()) return ToApiError(status, address_);
  return ToView(response);
}

std::optional<ApiError> MetricClient::Follow(
    const MetricSelection& selection, const std::function<bool(const MetricSeriesList&)>& take) {
  auto request = MetricRequestFor<v1::StreamMetricsRequest>(selection);
  request.set_first_step(selection.first_step);
  StepByName reached;
  Clock::time_point last_served = Clock::now();
  while (true) {
    const auto take_news = [&](const v1::StreamMetricsResponse& message) {
      last_served = Clock::now();
      const v1::StreamMetricsResponse news = TakeNews(message, reached);
      return news.series().empty() || take(ToSeries(news.series()));
    };
    const Clock::time_point begin = Clock::now();
    const grpc::Status status = stub_->Read<v1::StreamMetricsResponse>(
        &v1::MetricService::Stub::StreamMetrics, request, take_news);
    if (status.ok()) return std::nullopt;
    ApiError error = ToApiError(status, address_);
    // A stream may be open for long without a point.
    if (Clock::now() - begin > kMetricAwayMax) last_served = Clock::now();
    const auto away_max = reached.empty() ? kMetricAwayMax : kMetricFollowerAwayMax;
    const bool is_away = error.exit_code == ExitCode::kUnreachable;
    if (!is_away || Clock::now() - last_served > away_max) return error;
    // The names share one first step; what is known of the others is left out again.
    const auto least = std::ranges::min_element(reached, {}, &StepByName::value_type::second);
    if (least != reached.end()) request.set_first_step(least->second);
    stub_->channel.PauseFor(kMetricRetryDelay);
  }
}

std::optional<ApiError> MetricClient::Export(const MetricSelection& selection,
                                             MetricFileFormat format,
                                             const std::function<bool(std::string_view)>& take) {
  auto request = MetricRequestFor<v1::ExportMetricsRequest>(selection);
  request.set_format(FormatOf(format));
  const grpc::Status status = stub_->Read<v1::ExportMetricsResponse>(
      &v1::MetricService::Stub::ExportMetrics, request,
      [&](const v1::ExportMetricsResponse& chunk) { return take(chunk.data()); });
  if (status.ok()) return std::nullopt;
  return ToApiError(status, address_);
}

}  // namespace descent
