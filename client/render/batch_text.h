#pragma once

#include <string>

#include "common/job_spec.h"

namespace descent {

// What a step has, for people: "256", "all samples".
std::string BatchSizeText(const BatchSpec& batch);

// How it is divided: "256 = 4 logical workers x 32 x 2 accumulation".
std::string BatchPartsText(const BatchSpec& batch);

}  // namespace descent
