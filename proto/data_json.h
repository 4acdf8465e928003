#pragma once

#include <string>

#include "common/data_spec.h"
#include "common/result.h"

namespace descent {

// The part `data` of a job as JSON of the schema's field names. Equal specs give equal bytes.
std::string EncodeDataJson(const DataSpec& data);

// kInvalidArgument: not what EncodeDataJson writes.
Result<DataSpec> DecodeDataJson(const std::string& json);

}  // namespace descent
