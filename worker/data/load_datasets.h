#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// Reads every split of a valid job, by its format. Blocks. kInvalidArgument: the message has one
// line for each problem of each file.
Result<Datasets> LoadDatasets(const JobSpec& spec);

}  // namespace descent
