#include "coordinator/metric_request.h"

#include <utility>

#include "coordinator/job_refusal.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

constexpr int kPointsDefault = 1000;

}  // namespace

Result<MetricQuery> ToMetricQuery(const v1::QueryMetricsRequest& request,
                                  const std::string& job_id) {
  if (request.max_points() < 0 || request.max_points() > kMetricPointsMax)
    return Status(Code::kInvalidArgument, "max_points is " + std::to_string(request.max_points()) +
                                              ", must be 0 to " + std::to_string(kMetricPointsMax));
  return MetricQuery{
      .job_id = job_id,
      .names = {request.names().begin(), request.names().end()},
      .first_step = request.first_step(),
      .points_max = request.max_points() == 0 ? kPointsDefault : request.max_points()};
}

grpc::Status RefuseRequest(const Status& status, const std::string& reason) {
  return ToGrpcStatus(RequestError{status, reason, {}, {}});
}

grpc::Status FindJobNamed(Runtime& runtime, const std::string& name, Job& job) {
  const Result<std::string> job_id = ParseJobName(name);
  if (!job_id.ok()) return ToGrpcStatus(NameInvalid(job_id.status(), name));
  Result<Job> found = runtime.FindJob(job_id.value());
  if (!found.ok()) return ToGrpcStatus(RefuseJob(found.status(), job_id.value(), nullptr));
  job = std::move(found).value();
  return grpc::Status::OK;
}

}  // namespace descent
