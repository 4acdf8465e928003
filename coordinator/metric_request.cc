#include "coordinator/metric_request.h"

#include <utility>

#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"

namespace descent {

grpc::Status RefuseRequest(const Status& status, const std::string& reason) {
  return ToGrpcStatus(RequestError{status, reason, {}, {}});
}

grpc::Status FindJobNamed(Runtime& runtime, const std::string& name, Job& job) {
  const Result<std::string> job_id = ParseJobName(name);
  if (!job_id.ok()) return RefuseRequest(job_id.status(), "NAME_INVALID");
  Result<Job> found = runtime.FindJob(job_id.value());
  if (found.status().code() == Code::kNotFound)
    return RefuseRequest(found.status(), "JOB_NOT_FOUND");
  if (!found.ok()) return ToGrpcStatus(found.status());
  job = std::move(found).value();
  return grpc::Status::OK;
}

}  // namespace descent
