#pragma once

#include "client/api/client.h"
#include "client/render/console.h"

namespace descent {

// A job that has failed, as it is now: with the last lines of the rank that is to blame, which the
// versions of a watch do not have. The given one if the coordinator cannot be asked.
JobView WithLogTail(Client& client, const JobView& job);

// Tells why a job has failed, with these lines.
void ReportJobFailure(Console& console, const JobView& job);

}  // namespace descent
