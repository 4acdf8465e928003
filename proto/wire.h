#pragma once

#include <string>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/worker_protocol.h"
#include "descent/v1/job_spec.pb.h"
#include "descent/v1/worker.pb.h"

namespace descent {

// Between the wire's messages and our own values. Everything in the message is checked for shape
// here (known enums, digests, counts that fit); whether it makes sense is the receiver's business.
// kInvalidArgument names the field.

v1::JobSpec ToProto(const JobSpec& spec);
// Fields that are not given take the defaults of common/job_spec.h; call WithDefaults on the
// result.
Result<JobSpec> FromProto(const v1::JobSpec& spec);

// A spec as bytes, for a file between two programs of one build.
std::string EncodeJobSpec(const JobSpec& spec);
Result<JobSpec> DecodeJobSpec(const std::string& bytes);

v1::ShardPlan ToProto(const ShardPlan& plan);
Result<ShardPlan> FromProto(const v1::ShardPlan& plan);

v1::WorkerMessage ToProto(const WorkerMessage& message);
Result<WorkerMessage> FromProto(const v1::WorkerMessage& message);

v1::RankExit ToProto(const RankExit& exit);
RankExit FromProto(const v1::RankExit& exit);

v1::CoordinatorMessage ToProto(const CoordinatorMessage& message);
Result<CoordinatorMessage> FromProto(const v1::CoordinatorMessage& message);

}  // namespace descent
