#pragma once

#include "common/data_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The part of wire.h that is about data.
void SetData(const DataSpec& data, v1::DataSpec& proto);
Result<DataSpec> DataFromProto(const v1::DataSpec& proto);

}  // namespace descent
