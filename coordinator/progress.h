#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/worker_protocol.h"
#include "coordinator/action.h"
#include "coordinator/job.h"

namespace descent {

// What reports do to a job. A job that recovers computes steps again and gets the same bits, so
// what was reported before is dropped: progress never goes back, no metric is recorded twice.

// How long a RUNNING job goes on at its pace; nothing: not known.
std::optional<double> RemainingSeconds(const Job& job);

// Moves the job's progress. Answers the points of the steps that are new; a step that was not
// finite has no loss to show, and is counted.
std::vector<MetricPoint> AdvanceSteps(Job& job, const std::vector<StepMetrics>& steps);

// Keeps the digests of those steps after which ranks compared their states. A failure (not to be
// retried) if a step had another one before: the replay did not repeat the bits.
std::optional<FailureRecord> RecordVerifiedSteps(Job& job, const std::vector<StepMetrics>& steps);

// "validation/loss", "validation/accuracy", …, or the same of the test split.
std::vector<MetricPoint> RecordEvaluation(Job& job, const EvaluationReport& report);

// Adds the checkpoint, with the values of an evaluation after the same step.
// A checkpoint beyond all others is progress. A failure (not to be retried) if the step was
// published before with another state: the replay did not repeat the bits.
std::optional<FailureRecord> RecordCheckpoint(Job& job, const CheckpointWritten& written,
                                              double wall_time);

// Counts a save that the job's workers skipped. True: the first since a checkpoint was written.
bool RecordSkippedSave(Job& job, const CheckpointSkipped& skipped, double wall_time);

// A checkpoint was written: saves are no longer skipped.
void EndSkippedSaves(Job& job, double wall_time);

}  // namespace descent
