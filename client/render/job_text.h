#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/api/types.h"
#include "client/render/table.h"

namespace descent {

// What the commands say about jobs. Pure; `now` is seconds since the epoch.

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

// Wide: also the pace, the attempt, the reason of the state, the owner and the labels.
std::string JobTable(const std::vector<JobView>& jobs, double now,
                     TableWidth width = TableWidth::kNormal);
std::string CheckpointTable(const std::vector<CheckpointView>& checkpoints, double now);
std::string CheckpointDescription(const CheckpointView& checkpoint, double now);

// Where each attempt of a job began and how it ended: whose process, where, how, at which step and
// in which phase.
std::string AttemptTable(const std::string& job_id, const std::vector<AttemptView>& attempts,
                         double now);

// A line for each event: how long ago, what changed, why.
std::string EventTable(const std::vector<JobEventView>& events, double now);

// The same of the newest ten, below a heading.
std::string NewestEventsText(const std::vector<JobEventView>& events, double now);

std::string JobDescription(const JobView& job, double now);

// Why a job FAILED: "DataDiffers on rank 2 (node-b) at step 120 in prepare: …". A message that
// names the rank itself is not told twice.
std::string FailureText(const JobView& job);

// What a failure of the data lists, one problem a line, without who found them first.
std::vector<std::string> DataProblems(const JobView& job);

}  // namespace descent
