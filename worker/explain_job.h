#pragma once

#include <string>

namespace descent {

// `descent-worker --explain FILE --explain-workers N`: reads the spec in FILE and its data as
// CheckData does, and prints the Explanation of a run of N workers as JSON. Returns the exit
// status: 0, or as CheckData where the job cannot be explained.
int ExplainJob(const std::string& spec_file, int workers);

}  // namespace descent
