#include "coordinator/metric_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "coordinator/job_refusal.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

constexpr int kPointsDefault = 1000;
constexpr int kJobsMax = 20;

}  // namespace

Result<std::vector<std::string>> JobNamesOf(const v1::QueryMetricsRequest& request) {
  const bool has_one = !request.job().empty();
  if (has_one && request.jobs_size() > 0)
    return Status(Code::kInvalidArgument, "job and jobs are both given, must be one of them");
  if (has_one) return std::vector<std::string>{request.job()};
  if (request.jobs_size() < 1 || request.jobs_size() > kJobsMax)
    return Status(Code::kInvalidArgument,
                  fmt::format("{} jobs, must be 1 to {}", request.jobs_size(), kJobsMax));
  return std::vector<std::string>(request.jobs().begin(), request.jobs().end());
}

Result<MetricQuery> ToMetricQuery(const v1::QueryMetricsRequest& request, const std::string& job_id,
                                  int jobs) {
  const int points_max = kMetricPointsMax / jobs;
  if (request.max_points() < 0 || request.max_points() > points_max)
    return Status(Code::kInvalidArgument,
                  fmt::format("max_points is {}, must be 0 to {}{}", request.max_points(),
                              points_max, jobs == 1 ? "" : fmt::format(" for {} jobs", jobs)));
  return MetricQuery{.job_id = job_id,
                     .names = {request.names().begin(), request.names().end()},
                     .first_step = request.first_step(),
                     .points_max = request.max_points() == 0 ? std::min(kPointsDefault, points_max)
                                                             : request.max_points()};
}

std::optional<XAxis> FromProto(v1::XAxis axis) {
  switch (axis) {
    case v1::X_AXIS_UNSPECIFIED:
    case v1::X_AXIS_STEP:
      return XAxis::kStep;
    case v1::X_AXIS_TIME:
      return XAxis::kTime;
    case v1::X_AXIS_SAMPLES:
      return XAxis::kSamples;
    default:
      return std::nullopt;
  }
}

void AddCurves(const Job& job, const std::vector<MetricCurve>& curves, XAxis axis,
               v1::QueryMetricsResponse& response) {
  const MetricAxis positions(axis, job);
  v1::QueryMetricsResponse encoded = ToProto(curves);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    v1::MetricSeries& series = *encoded.mutable_series(static_cast<int>(i));
    series.set_job(JobName(job.id));
    for (std::size_t k = 0; k < curves[i].points.size(); ++k)
      if (const auto x = positions.PositionOf(curves[i].points[k]))
        series.mutable_points(static_cast<int>(k))->set_x(*x);
    *response.add_series() = std::move(series);
  }
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
