#pragma once

#include <cstdint>
#include <vector>

#include "worker/data/dataset.h"

namespace descent {

// All features, labels or targets of a dataset, sample by sample.
std::vector<float> FeaturesOf(const Dataset& dataset);
std::vector<std::int32_t> LabelsOf(const Dataset& dataset);
std::vector<float> TargetsOf(const Dataset& dataset);

}  // namespace descent
