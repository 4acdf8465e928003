#pragma once

#include "common/data_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The part of SetDataDefaults that is about images: the channels of image folders.
void SetImageDefaults(DataSpec& data);

// The part of CheckData that is about images: what they become, their normalisation, augmentation.
void CheckImages(const DataSpec& data, SpecChecker& checker);

}  // namespace descent
