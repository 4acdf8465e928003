#pragma once

#include "common/lr_schedule_spec.h"
#include "common/result.h"
#include "proto/wire.h"

namespace descent {

void SetLrSchedule(const LrScheduleSpec& schedule, v1::LrScheduleSpec& proto);

// Fields that are not given take their defaults. kInvalidArgument: a value of a newer enum.
Result<LrScheduleSpec> LrScheduleFromProto(const v1::LrScheduleSpec& proto);

}  // namespace descent
