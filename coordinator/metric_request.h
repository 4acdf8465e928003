#pragma once

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/job_view.h"
#include "coordinator/metric_axis.h"
#include "coordinator/runtime.h"

namespace descent {

// Of the curves of one name, over all jobs, so that a message is not too large.
inline constexpr int kMetricPointsMax = 10000;

// The job that a request about metrics or logs names ("jobs/{job}"), or what the caller is told:
// reasons NAME_INVALID and JOB_NOT_FOUND. Blocks for the owner thread.
grpc::Status FindJobNamed(Runtime& runtime, const std::string& name, Job& job);

// The names of the jobs that QueryMetrics asks for: `job`, or `jobs`. kInvalidArgument: both, none
// or too many.
Result<std::vector<std::string>> JobNamesOf(const v1::QueryMetricsRequest& request);

// What QueryMetrics asks of the store, for one of `jobs` jobs, which is found already.
// kInvalidArgument: max_points is out of its range.
Result<MetricQuery> ToMetricQuery(const v1::QueryMetricsRequest& request, const std::string& job_id,
                                  int jobs = 1);

// Null: a value that this program does not know.
std::optional<XAxis> FromProto(v1::XAxis axis);

// Adds the job's curves to an answer, with the place of each point on the axis.
void AddCurves(const Job& job, const std::vector<MetricCurve>& curves, XAxis axis,
               v1::QueryMetricsResponse& response);

grpc::Status RefuseRequest(const Status& status, const std::string& reason);

}  // namespace descent
