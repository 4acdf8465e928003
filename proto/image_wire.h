#pragma once

#include "common/data_spec.h"
#include "common/status.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The part of data_wire.h that is about images and their augmentation.
void SetImages(const DataSpec& data, v1::DataSpec& proto);
Status SetImages(const v1::DataSpec& proto, DataSpec& data);

}  // namespace descent
