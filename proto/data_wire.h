#pragma once

#include <cstdint>
#include <string>

#include "common/data_spec.h"
#include "common/result.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The part of wire.h that is about data.
void SetData(const DataSpec& data, v1::DataSpec& proto);
Result<DataSpec> DataFromProto(const v1::DataSpec& proto);

v1::Shuffle ShuffleToProto(Shuffle mode);
// A block of 0 samples is one that is not given. kInvalidArgument: a mode that is not known.
Result<ShuffleSpec> ShuffleFromProto(v1::Shuffle mode, std::int64_t block,
                                     const std::string& field);

}  // namespace descent
