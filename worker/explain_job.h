#pragma once

#include <string>

#include "worker/explain/scaling.h"

namespace descent {

// `descent-worker --explain FILE --explain-workers N`: reads the spec in FILE and its data as
// CheckData does, and prints the Explanation of a run of N workers as JSON. Returns the exit
// status: 0, or as CheckData where the job cannot be explained.
int ExplainJob(const std::string& spec_file, int workers);

// `descent-worker --scale FILE …`: the same, of the Scaling that is asked for.
struct ScaleOptions {
  std::string spec_file;
  ScalingRequest request;
  bool is_weak = false;
};
int ScaleJob(const ScaleOptions& options);

}  // namespace descent
