#pragma once

#include <string>
#include <vector>

#include "descent/v1/job_spec.pb.h"

namespace descent {

// A field that is not the same in all specs.
struct DifferingField {
  std::string field;                // "optimizer.adamw.lr"; of a list, "layers[2].channels"
  std::vector<std::string> values;  // of each spec, as JSON; empty: it does not have the field
};

// By field. Names of jobs differ always, and are left out.
std::vector<DifferingField> CompareSpecs(const std::vector<v1::JobSpec>& specs);

}  // namespace descent
