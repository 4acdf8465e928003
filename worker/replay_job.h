#pragma once

#include <cstdint>
#include <string>

namespace descent {

// `descent-worker --replay FILE`: computes steps of a job again, as one rank by itself.
struct ReplayOptions {
  std::string spec_file;         // EncodeJobSpec
  std::string start_checkpoint;  // its directory; empty: from the job's own start
  std::int64_t last_step = 0;    // steps done: the last that is computed
};

// Prints the last step's loss, gradient norm and digests as a line of JSON. Writes nothing into the
// job's directories. Returns 0; 1: it failed, and why is on stderr; 2: the data do not fit, and
// each problem is on a line.
int ReplayJob(const ReplayOptions& options);

}  // namespace descent
