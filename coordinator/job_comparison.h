#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "common/result.h"
#include "coordinator/job.h"
#include "coordinator/metric_store.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"

namespace descent {

// A field that is not the same in all specs.
struct DifferingField {
  std::string field;                // "optimizer.adamw.lr"; of a list, "layers[2].channels"
  std::vector<std::string> values;  // of each spec, as JSON; empty: it does not have the field
};

// By field. Names of jobs differ always, and are left out.
std::vector<DifferingField> CompareSpecs(const std::vector<v1::JobSpec>& specs);

// Where jobs and what they measured come from. The functions may block.
struct JobSource {
  std::function<Result<Job>(const std::string& job_id)> find;
  std::function<Result<std::vector<MetricSummary>>(const std::string& job_id,
                                                   const std::vector<std::string>& names)>
      summarize;
};

// Reasons: JOBS_INVALID (fewer than two, or more than 20), NAME_INVALID, JOB_NOT_FOUND.
std::variant<v1::CompareJobsResponse, RequestError> CompareJobs(
    const v1::CompareJobsRequest& request, const JobSource& source);

}  // namespace descent
