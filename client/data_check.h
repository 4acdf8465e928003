#pragma once

#include <string>
#include <vector>

#include "client/worker_answer.h"
#include "common/job_spec.h"
#include "common/result.h"

namespace descent {

// What only the data can tell of a valid spec, where this machine sees the data: files that are
// missing, truncated or of another format, labels out of range, fewer samples than a batch. One
// sentence for each problem; empty: they fit. The worker program reads the data. Blocks until it
// has, or until an interrupt (kCancelled).
Result<std::vector<std::string>> FindDataProblems(const JobSpec& spec);

// What the job is compiled to for its data, as the worker program explains it, or the problems of
// the data. kNotFound: the data are not on this machine, or the worker program is not.
Result<WorkerAnswer> CompileForData(const JobSpec& spec);

}  // namespace descent
