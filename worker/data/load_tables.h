#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// The loader of the formats `csv` and `tsv` (load_datasets.h). The columns, categories and classes
// of the training file bind the other splits, whose columns may stand in another order where there
// is a header. Features are the columns in their order, a categorical one as one feature for each
// category: 1 for its own, else 0, all 0 where it is missing. A number that is missing and to be
// filled in is NaN until ScaleFeatures does. Every number is rounded to f32.
Result<Datasets> LoadTables(const JobSpec& spec);

}  // namespace descent
