#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"

namespace descent {

// What the worker program says about a spec and the data that this machine sees.
struct WorkerAnswer {
  std::vector<std::string> problems;  // of the data, one sentence each; empty: they fit
  std::string output;                 // what it printed, where there are no problems
};

// Runs descent-worker with `flag`, the spec in a file, and `arguments`, and waits for its end or an
// interrupt (kCancelled). kNotFound, kUnavailable: it cannot be run. kInternal: it failed.
Result<WorkerAnswer> AskWorker(const JobSpec& spec, std::string_view flag,
                               const std::vector<std::string>& arguments);

// The same with an argument that is no spec, as in `descent-worker --inspect-file=FILE`.
Result<WorkerAnswer> AskWorker(std::string_view flag, const std::string& argument);

}  // namespace descent
