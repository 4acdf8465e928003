#include "coordinator/metric_service.h"

#include <boost/asio/post.hpp>

#include "coordinator/job_comparison.h"
#include "coordinator/job_view.h"
#include "coordinator/metric_request.h"
#include "coordinator/metric_streams.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr int kPointsDefault = 1000;
constexpr int kPointsMax = 10000;  // of each curve: a message stays far below its bound
constexpr int kComparedMin = 2;
constexpr int kComparedMax = 20;

template <typename Strings>
std::vector<std::string> ToVector(const Strings& strings) {
  return {strings.begin(), strings.end()};
}

void Set(v1::MetricPoint* encoded, const MetricCurve::Point& point) {
  encoded->set_step(point.step);
  encoded->set_value(point.value);
}

v1::MetricSummary Encode(const MetricSummary& summary) {
  v1::MetricSummary encoded;
  encoded.set_name(summary.name);
  encoded.set_points(summary.points);
  Set(encoded.mutable_first(), summary.first);
  Set(encoded.mutable_last(), summary.last);
  if (summary.min) Set(encoded.mutable_min(), *summary.min);
  if (summary.max) Set(encoded.mutable_max(), *summary.max);
  return encoded;
}

// Adds what the job reached to `encoded`.
template <typename Message>
grpc::Status AddSummaries(const MetricStore& store, const std::string& job_id,
                          const std::vector<std::string>& names, Message& encoded) {
  const auto summaries = store.Summarize(job_id, names);
  if (!summaries.ok()) return ToGrpcStatus(summaries.status());
  for (const MetricSummary& summary : summaries.value()) *encoded.add_metrics() = Encode(summary);
  return grpc::Status::OK;
}

}  // namespace

// Reads the disk, so not on gRPC's threads.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* MetricService::AnswerLater(grpc::CallbackServerContext* context,
                                                     const Request* request, Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(blocking_threads_, [this, request, response, reactor] {
    reactor->Finish(Answer(*request, response));
  });
  return reactor;
}

grpc::ServerUnaryReactor* MetricService::QueryMetrics(grpc::CallbackServerContext* context,
                                                      const v1::QueryMetricsRequest* request,
                                                      v1::QueryMetricsResponse* response) {
  return AnswerLater(context, request, response);
}

grpc::ServerUnaryReactor* MetricService::ListMetrics(grpc::CallbackServerContext* context,
                                                     const v1::ListMetricsRequest* request,
                                                     v1::ListMetricsResponse* response) {
  return AnswerLater(context, request, response);
}

grpc::ServerUnaryReactor* MetricService::CompareJobs(grpc::CallbackServerContext* context,
                                                     const v1::CompareJobsRequest* request,
                                                     v1::CompareJobsResponse* response) {
  return AnswerLater(context, request, response);
}

grpc::ServerWriteReactor<v1::StreamMetricsResponse>* MetricService::StreamMetrics(
    grpc::CallbackServerContext*, const v1::StreamMetricsRequest* request) {
  return StartMetricStream(runtime_, blocking_threads_, *request);
}

grpc::ServerWriteReactor<v1::ExportMetricsResponse>* MetricService::ExportMetrics(
    grpc::CallbackServerContext*, const v1::ExportMetricsRequest* request) {
  return StartExport(runtime_, blocking_threads_, *request);
}

grpc::Status MetricService::Answer(const v1::QueryMetricsRequest& request,
                                   v1::QueryMetricsResponse* response) {
  if (request.max_points() < 0 || request.max_points() > kPointsMax)
    return RefuseRequest(
        Status(Code::kInvalidArgument, "max_points is " + std::to_string(request.max_points()) +
                                           ", must be 0 to " + std::to_string(kPointsMax)),
        "MAX_POINTS_INVALID");
  Job job;
  if (const grpc::Status found = FindJobNamed(runtime_, request.job(), job); !found.ok())
    return found;
  const Result<std::vector<MetricCurve>> curves = runtime_.metrics().Query(
      {.job_id = job.id,
       .names = ToVector(request.names()),
       .first_step = request.first_step(),
       .points_max = request.max_points() == 0 ? kPointsDefault : request.max_points()});
  if (curves.ok()) *response = ToProto(curves.value());
  return ToGrpcStatus(curves.status());
}

grpc::Status MetricService::Answer(const v1::ListMetricsRequest& request,
                                   v1::ListMetricsResponse* response) {
  Job job;
  if (const grpc::Status found = FindJobNamed(runtime_, request.job(), job); !found.ok())
    return found;
  return AddSummaries(runtime_.metrics(), job.id, {}, *response);
}

grpc::Status MetricService::Answer(const v1::CompareJobsRequest& request,
                                   v1::CompareJobsResponse* response) {
  if (request.jobs_size() < kComparedMin || request.jobs_size() > kComparedMax)
    return RefuseRequest(
        Status(Code::kInvalidArgument, std::to_string(request.jobs_size()) + " jobs, must be " +
                                           std::to_string(kComparedMin) + " to " +
                                           std::to_string(kComparedMax)),
        "JOBS_INVALID");
  std::vector<v1::JobSpec> specs;
  for (const std::string& name : request.jobs()) {
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, name, job); !found.ok()) return found;
    specs.push_back(ToProto(job.spec));
    v1::ComparedJob& compared = *response->add_jobs();
    compared.set_name(JobName(job.id));
    compared.set_state(ToProto(job.state));
    const grpc::Status added =
        AddSummaries(runtime_.metrics(), job.id, ToVector(request.names()), compared);
    if (!added.ok()) return added;
  }
  for (const DifferingField& differing : CompareSpecs(specs)) {
    v1::DifferingField& encoded = *response->add_differences();
    encoded.set_field(differing.field);
    encoded.mutable_values()->Add(differing.values.begin(), differing.values.end());
  }
  return grpc::Status::OK;
}

}  // namespace descent
