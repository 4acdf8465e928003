#pragma once

#include "common/data_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// Scales the features of every split (ScaledDataset) as data.normalize and data.table.missing say.
// What the training set decides, where it does, is then in datasets.normalize and datasets.table.
// Splits without features stay as they are. kInvalidArgument: as many numbers as neither features
// nor channels, or what MeasureFeatures refuses.
Status ScaleFeatures(const DataSpec& spec, Datasets& datasets);

}  // namespace descent
