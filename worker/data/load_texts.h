#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// The loader of the format `text` (load_datasets.h), of a job whose model is a gpt. A split's text
// is that of the files its glob names, in the order of their paths, with nothing in between; its
// tokens are then cut to its fraction. The characters of the tokenizer `char` are those of all the
// training files, whatever the fraction. A glob that several splits share is read once, and told of
// once.
Result<Datasets> LoadTexts(const JobSpec& spec);

}  // namespace descent
