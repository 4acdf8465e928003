#pragma once

#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// A spec and the data that it names.
struct JobWithData {
  JobSpec spec;
  Datasets datasets;
  std::vector<std::string> problems;  // of the data, one sentence each; empty: they fit
};

// Reads the spec in a file (EncodeJobSpec) and its data. After problems of the data their splits
// may be missing. An error: the file cannot be read.
Result<JobWithData> ReadJobWithData(const std::string& spec_file);

// `descent-worker --check-data FILE`: prints every problem of the data on a line of its own.
// Returns the exit status: 0 if there is none, 2 if there are problems, 1 if FILE cannot be read.
int CheckData(const std::string& spec_file);

// How it ends where the job cannot be used: prints the problems, or why the file cannot be read.
int FailCheck(const Status& unreadable);
int FailCheck(const std::vector<std::string>& problems);

// `descent-worker --inspect-data FILE`: the same, but prints what the data hold where nothing is
// wrong with the files, and after it how they do not suit the job.
int InspectData(const std::string& spec_file);

// `descent-worker --inspect-file FILE`: prints what one file of data holds, or its problems, a line
// each. Returns 0, or 2 if there are problems.
int InspectDataFile(const std::string& file);

}  // namespace descent
