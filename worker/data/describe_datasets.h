#pragma once

#include <string>

#include "worker/data/datasets.h"

namespace descent {

// What the splits of a job hold, for people: of each its samples and their shape, how many samples
// each class has or the range of the targets, the range of the features as the model gets them, and
// its first sample. Ends with a newline. Reads every sample. Blocks.
std::string DescribeDatasets(const Datasets& datasets);

}  // namespace descent
