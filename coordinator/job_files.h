#pragma once

#include <string>

#include "common/status.h"
#include "coordinator/log_store.h"

namespace descent {

// Removes the log of a job that is about to be forgotten, and the directory of its checkpoints,
// unless that is empty: then they stay. Blocks. May be repeated; whatever interrupts it, the job is
// still there to be forgotten.
Status RemoveJobFiles(LogStore& logs, const std::string& job_id, const std::string& checkpoints);

}  // namespace descent
