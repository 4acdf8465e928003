#include "coordinator/metric_service.h"

#include "coordinator/answer_on.h"
#include "coordinator/job_comparison.h"
#include "coordinator/job_view.h"
#include "coordinator/list_page.h"
#include "coordinator/metric_request.h"
#include "coordinator/metric_streams.h"
#include "coordinator/request_error.h"

namespace descent {
// Reads the disk, so not on gRPC's threads.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* MetricService::AnswerLater(grpc::CallbackServerContext* context,
                                                     const Request* request, Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor,
           [this, request, response, reactor] { reactor->Finish(Answer(*request, response)); });
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
    grpc::CallbackServerContext* context, const v1::StreamMetricsRequest* request) {
  return StartMetricStream(runtime_, streams_, blocking_threads_, *context, *request);
}

grpc::ServerWriteReactor<v1::ExportMetricsResponse>* MetricService::ExportMetrics(
    grpc::CallbackServerContext* context, const v1::ExportMetricsRequest* request) {
  return StartExport(runtime_, streams_, blocking_threads_, *context, *request);
}

grpc::Status MetricService::Answer(const v1::QueryMetricsRequest& request,
                                   v1::QueryMetricsResponse* response) {
  const Result<std::vector<std::string>> names = JobNamesOf(request);
  if (!names.ok()) return RefuseRequest(names.status(), "JOBS_INVALID");
  const std::optional<XAxis> axis = FromProto(request.x_axis());
  if (!axis)
    return RefuseRequest(
        Status(Code::kInvalidArgument, "x_axis must be X_AXIS_STEP, X_AXIS_TIME or X_AXIS_SAMPLES"),
        "X_AXIS_INVALID");
  for (const std::string& name : names.value()) {
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, name, job); !found.ok()) return found;
    const Result<MetricQuery> query =
        ToMetricQuery(request, job.id, static_cast<int>(names.value().size()));
    if (!query.ok()) return RefuseRequest(query.status(), "MAX_POINTS_INVALID");
    const Result<std::vector<MetricCurve>> curves = runtime_.metrics().Query(query.value());
    if (!curves.ok()) return ToGrpcStatus(curves.status());
    AddCurves(job, curves.value(), *axis, *response);
  }
  return grpc::Status::OK;
}

grpc::Status MetricService::Answer(const v1::ListMetricsRequest& request,
                                   v1::ListMetricsResponse* response) {
  Job job;
  if (const grpc::Status found = FindJobNamed(runtime_, request.job(), job); !found.ok())
    return found;
  const auto summaries = runtime_.metrics().Summarize(job.id, {});
  if (!summaries.ok()) return ToGrpcStatus(summaries.status());
  const auto error = FillPage(
      "metrics", request, summaries.value(),
      [](const MetricSummary& summary) { return summary.name; },
      [](const MetricSummary& summary) { return ToProto(summary); }, *response,
      [](v1::ListMetricsResponse& page) { return page.mutable_metrics(); });
  return error ? ToGrpcStatus(*error) : grpc::Status::OK;
}

grpc::Status MetricService::Answer(const v1::CompareJobsRequest& request,
                                   v1::CompareJobsResponse* response) {
  const JobSource source{[this](const std::string& job_id) { return runtime_.FindJob(job_id); },
                         [this](const std::string& job_id, const std::vector<std::string>& names) {
                           return runtime_.metrics().Summarize(job_id, names);
                         }};
  auto compared = descent::CompareJobs(request, source);
  if (const auto* error = std::get_if<RequestError>(&compared)) return ToGrpcStatus(*error);
  *response = std::get<v1::CompareJobsResponse>(std::move(compared));
  return grpc::Status::OK;
}

}  // namespace descent
