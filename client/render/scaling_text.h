#pragma once

#include <string>

#include "common/result.h"

namespace descent {

// What `descent plan` says: a table of the predicted steps, a picture of the efficiency, and what
// is not in the model. `json` is what the worker program prints. Pure. kInternal: it is something
// else.
Result<std::string> ScalingText(const std::string& json);

}  // namespace descent
