#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "tests/support/in_process_job.h"

namespace descent {

// A job file and how it is trained by threads of this process.
struct JobFileTraining {
  std::string path;
  std::vector<std::string> overrides;  // FIELD=VALUE
  int world_size = 1;
  std::string directory;  // for checkpoints
  bool shares_memory = false;
};

// Trains the job to its last step, in one grant. Blocks. What the file or the data have wrong, and
// the first rank that fails, is the error.
Result<InProcessOutcome> TrainJobFile(const JobFileTraining& training);

}  // namespace descent
