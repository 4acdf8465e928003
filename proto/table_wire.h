#pragma once

#include "common/result.h"
#include "common/synthetic_spec.h"
#include "common/table_spec.h"
#include "descent/v1/job_spec.pb.h"

namespace descent {

// The parts of wire.h that are about data.table and data.synthetic.
void SetTable(const TableSpec& table, v1::TableSpec& proto);
Result<TableSpec> TableFromProto(const v1::TableSpec& proto);

void SetSynthetic(const SyntheticSpec& synthetic, v1::SyntheticSpec& proto);
Result<SyntheticSpec> SyntheticFromProto(const v1::SyntheticSpec& proto);

}  // namespace descent
