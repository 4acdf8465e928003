#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/api/types.h"

namespace descent {

// What the commands say about jobs. Pure; `now` is seconds since the epoch.

// [############------------]  50%  step 5/10  epoch 1  loss 0.0812  25.2k samples/s  eta 0:09
std::string ProgressText(const JobView& job);

// The header of a followed job: "mnist-7k2qd  RUNNING  attempt 1  4 workers".
std::string StateText(const JobView& job);

// One line for each step that has a value after `last_step`:
// "step 235  validation:  loss 0.4312  accuracy 0.8476".
struct EvaluationLines {
  std::vector<std::string> lines;
  std::int64_t last_step = 0;  // the newest step that has been told
};
EvaluationLines EvaluationText(const MetricCurves& curves, std::int64_t last_step);

std::string JobTable(const std::vector<JobView>& jobs, double now);
std::string CheckpointTable(const std::vector<CheckpointView>& checkpoints, double now);
std::string JobDescription(const JobView& job, double now);

// Why a job FAILED: "DataDiffers on rank 2 (node-b) at step 120 in prepare: …".
std::string FailureText(const JobView& job);

// The problems in a failure's message, one a line.
std::vector<std::string> SplitLines(const std::string& text);

}  // namespace descent
