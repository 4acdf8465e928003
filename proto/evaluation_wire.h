#pragma once

#include <google/protobuf/map.h>

#include <string>

#include "common/evaluation.h"
#include "common/job_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The parts of proto/wire.h that are about evaluations.

using MetricMap = google::protobuf::Map<std::string, double>;

void SetValues(const EvaluationValues& values, MetricMap& proto);
// kInvalidArgument: a metric that this program does not know.
Result<EvaluationValues> ValuesFromProto(const MetricMap& proto);

void SetEvaluation(const JobSpec& spec, v1::JobSpec& proto);
Status SetEvaluation(const v1::JobSpec& proto, JobSpec& spec);

}  // namespace descent
