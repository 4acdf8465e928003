#pragma once

#include <cstdint>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/load_datasets.h"

namespace descent {

// The splits of a job that learns from text. A split's text is that of the files its glob names,
// in the order of their paths, with nothing in between; its tokens are then cut to its fraction.
// The characters of the tokenizer `char` are those of all the training files, whatever the
// fraction. A glob that several splits share is read once, and told of once. Errors as
// LoadDatasets.
Result<Datasets> LoadTexts(const DataSpec& spec, std::int64_t context_length);

}  // namespace descent
