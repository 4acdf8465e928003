#pragma once

#include <string_view>

#include "common/job_spec.h"

namespace descent {

// As a job file names it: "gpt".
std::string_view ModelName(const ModelSpec& model);

}  // namespace descent
