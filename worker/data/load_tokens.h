#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// The loader of the format `tokens` (load_datasets.h), of a job whose model is a gpt. A split is
// the tokens of the files its glob names, in the order of their paths, mapped and cut to its
// fraction. All of them are read once here, so that one that is not below the vocabulary's size is
// named with its file and index; later only samples are.
Result<Datasets> LoadTokens(const JobSpec& spec);

}  // namespace descent
