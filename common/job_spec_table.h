#pragma once

#include "common/data_spec.h"
#include "common/spec_checker.h"

namespace descent {

// The parts of ValidateJobSpec that are about data.table and data.synthetic. What the header of a
// file must have shows only when it is read.
void CheckTable(const TableSpec& table, SpecChecker& checker);
void CheckSynthetic(const SyntheticSpec& synthetic, SpecChecker& checker);

}  // namespace descent
