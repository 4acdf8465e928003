#pragma once

#include <string>

#include "common/job_spec.h"
#include "common/result.h"

namespace descent {

enum class ExplainedSteps {
  kByOp,  // what the steps of each op cost together
  kAll,   // every step in its order as well
};

// The explanation that the worker program gives of a job, in JSON (worker/explain), for people.
// kInternal: the JSON is none of it.
Result<std::string> ExplanationText(const std::string& json, const JobSpec& spec,
                                    ExplainedSteps steps);

}  // namespace descent
