#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/api/types.h"

namespace descent {

// What the commands say about jobs. Pure; `now` is seconds since the epoch.

// "[######------]  50%  step 5/10  epoch 1  loss 0.0812  25.2k samples/s  eta 0:09".
// The bar takes what the rest leaves of `columns`, up to 24, and goes where fewer than 8 are left.
std::string ProgressText(const JobView& job, int columns);

// "stage=dev, team=nlp"; empty: it has none.
std::string LabelsText(const JobView& job);

// The header of a followed job: "mnist-7k2qd  RUNNING  attempt 1  4 workers".
std::string StateText(const JobView& job);

// What is left to say of a job at its end, one line:
// "mnist-7k2qd  SUCCEEDED  test/accuracy 0.8904  state digest 3f…".
std::string EndText(const JobView& job);

// One line for each step that has a value after `last_step`:
// "step 235  validation:  loss 0.4312  accuracy 0.8476".
struct EvaluationLines {
  std::vector<std::string> lines;
  std::int64_t last_step = 0;  // the newest step that has been told
};
EvaluationLines EvaluationText(const MetricCurves& curves, std::int64_t last_step);

std::string JobTable(const std::vector<JobView>& jobs, double now);
std::string CheckpointTable(const std::vector<CheckpointView>& checkpoints, double now);
std::string CheckpointDescription(const CheckpointView& checkpoint, double now);

// How each attempt ended: whose process, where, how, at which step and in which phase.
std::string AttemptTable(const std::vector<AttemptView>& attempts, double now);

// A line for each event: how long ago, what changed, why.
std::string EventTable(const std::vector<JobEventView>& events, double now);

std::string JobDescription(const JobView& job, double now);

// Why a job FAILED: "DataDiffers on rank 2 (node-b) at step 120 in prepare: …". A message that
// names the rank itself is not told twice.
std::string FailureText(const JobView& job);

// What a failure of the data lists, one problem a line, without who found them first.
std::vector<std::string> DataProblems(const JobView& job);

}  // namespace descent
