#pragma once

#include "common/job_spec.h"
#include "worker/checkpoint/model_description.h"
#include "worker/data/load_datasets.h"

namespace descent {

// What it takes to run the model that a job trains on these data.
ModelDescription DescribeModel(const JobSpec& spec, const Datasets& datasets);

}  // namespace descent
