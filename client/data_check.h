#pragma once

#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"

namespace descent {

// What only the data can tell of a valid spec, where this machine sees the data: files that are
// missing, truncated or of another format, labels out of range, fewer samples than a batch. One
// sentence for each problem; empty: they fit. The worker program reads the data. Blocks until it
// has, or until an interrupt (kCancelled).
Result<std::vector<std::string>> FindDataProblems(const JobSpec& spec);

}  // namespace descent
