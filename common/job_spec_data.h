#pragma once

#include "common/job_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The part of WithDefaults that is about data: a text's stride, once a gpt's sizes are there, the
// tokenizer of text and the channels of image folders.
void SetDataDefaults(JobSpec& spec);

// The part of ValidateJobSpec that is about data, and whether it suits the model and the batch.
void CheckData(const JobSpec& spec, SpecChecker& checker);

}  // namespace descent
