#pragma once

#include <string_view>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/spec_checker.h"

namespace descent {

// The part of WithDefaults that is about data: a text's stride, once a gpt's sizes are there, the
// tokenizer of text and the channels of image folders.
void SetDataDefaults(JobSpec& spec);

// The format of files of features that a job file calls so. kInvalidArgument: there is none; the
// message says which there are.
Result<DataFormat> FileFormatFromName(std::string_view name);

// The part of ValidateJobSpec that is about data, and whether it suits the model and the batch.
void CheckData(const JobSpec& spec, SpecChecker& checker);

}  // namespace descent
