#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "coordinator/job.h"

namespace descent {

// A job as bytes for the state store: proto/descent/store/v1/job_record.proto.
std::string EncodeJob(const Job& job);

// The inverse, exactly. kDataLoss: the bytes are not a job.
Result<Job> DecodeJob(std::string_view bytes);

}  // namespace descent
