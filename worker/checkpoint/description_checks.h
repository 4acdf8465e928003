#pragma once

#include "common/spec_checker.h"
#include "worker/checkpoint/model_description.h"

namespace descent {

// What is wrong with a description that was read, which may be forged: everything that a model is
// built from and run by without looking again.
void CheckDescription(const ModelDescription& description, SpecChecker& checker);

}  // namespace descent
