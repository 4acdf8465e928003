#include "coordinator/metric_service.h"

#include <boost/asio/post.hpp>

#include "coordinator/job_view.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

constexpr int kPointsDefault = 1000;
constexpr int kPointsMax = 10000;  // of each curve: a message stays far below its bound

grpc::Status Refuse(const Status& status, const char* reason) {
  return ToGrpcStatus(RequestError{status, reason, {}, {}});
}

}  // namespace

grpc::ServerUnaryReactor* MetricService::QueryMetrics(grpc::CallbackServerContext* context,
                                                      const v1::QueryMetricsRequest* request,
                                                      v1::QueryMetricsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(blocking_threads_, [this, request, response, reactor] {
    reactor->Finish(Answer(*request, response));
  });
  return reactor;
}

grpc::Status MetricService::Answer(const v1::QueryMetricsRequest& request,
                                   v1::QueryMetricsResponse* response) {
  Result<std::string> job_id = ParseJobName(request.job());
  if (!job_id.ok()) return Refuse(job_id.status(), "NAME_INVALID");
  if (request.max_points() < 0 || request.max_points() > kPointsMax)
    return Refuse(
        Status(Code::kInvalidArgument, "max_points is " + std::to_string(request.max_points()) +
                                           ", must be 0 to " + std::to_string(kPointsMax)),
        "MAX_POINTS_INVALID");
  if (const Status found = runtime_.FindJob(job_id.value()).status(); !found.ok())
    return found.code() == Code::kNotFound ? Refuse(found, "JOB_NOT_FOUND") : ToGrpcStatus(found);

  MetricQuery query;
  query.job_id = std::move(job_id).value();
  query.names.assign(request.names().begin(), request.names().end());
  query.first_step = request.first_step();
  query.points_max = request.max_points() == 0 ? kPointsDefault : request.max_points();
  const Result<std::vector<MetricCurve>> curves = runtime_.metrics().Query(query);
  if (curves.ok()) *response = ToProto(curves.value());
  return ToGrpcStatus(curves.status());
}

}  // namespace descent
