#pragma once

#include "common/status.h"
#include "coordinator/request_error.h"

namespace descent {

// What a caller is told of an error of ours: that there was one, and an incident_id. The log has
// the same id with what happened. Any thread.
RequestError ReportIncident(const Status& what);

// That it is an error of ours which was not reported yet. One with a reason of its own is for the
// caller.
bool IsUnreported(const RequestError& error);

// Within a catch block: what was thrown, as kInternal.
Status StatusOfThrown();

}  // namespace descent
