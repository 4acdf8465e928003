#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "common/result.h"
#include "coordinator/job_view.h"
#include "coordinator/runtime.h"

namespace descent {

inline constexpr int kMetricPointsMax = 10000;  // of each curve, so that a message is not too large

// The job that a request about metrics or logs names ("jobs/{job}"), or what the caller is told:
// reasons NAME_INVALID and JOB_NOT_FOUND. Blocks for the owner thread.
grpc::Status FindJobNamed(Runtime& runtime, const std::string& name, Job& job);

// What QueryMetrics asks of the store; the job is found already. kInvalidArgument: max_points is
// out of its range.
Result<MetricQuery> ToMetricQuery(const v1::QueryMetricsRequest& request,
                                  const std::string& job_id);

grpc::Status RefuseRequest(const Status& status, const std::string& reason);

}  // namespace descent
