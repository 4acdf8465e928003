#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "common/status.h"
#include "coordinator/runtime.h"

namespace descent {

// The job that a request about metrics or logs names ("jobs/{job}"), or what the caller is told:
// reasons NAME_INVALID and JOB_NOT_FOUND. Blocks for the owner thread.
grpc::Status FindJobNamed(Runtime& runtime, const std::string& name, Job& job);

grpc::Status RefuseRequest(const Status& status, const std::string& reason);

}  // namespace descent
