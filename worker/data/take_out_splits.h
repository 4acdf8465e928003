#pragma once

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// Takes validation and test out of the training set where the job wants a part of it
// (train_fraction f): of n samples llround(f n), drawn without replacement as the first positions
// of a KeyedPermutation under the job's seed, validation's first and then test's; what is left is
// the training set. Every sample is in exactly one split, in the order of the files, and which one
// is a function of (seed, n, the fractions) alone. kInvalidArgument: a split would be empty.
Status TakeOutSplits(const JobSpec& spec, Datasets& datasets);

}  // namespace descent
