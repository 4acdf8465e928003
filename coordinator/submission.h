#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/event.h"
#include "coordinator/job.h"
#include "coordinator/membership.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"
#include "proto/job_file.h"

namespace descent {

// What a submission needs to know of the world.
struct SubmissionContext {
  std::function<const Job*(const std::string& job_id)> find_job;  // null: unknown
  std::function<std::string()> random_suffix;                     // five of [a-z0-9]
  std::optional<JobFile> file;                                    // that ReadGivenFile answered
  const Job* made = nullptr;  // by this request, when it came before; null: none
};

// The job file of a request with its overrides applied, if it has one; with every problem in it.
// Takes up to seconds for a file that is made to: not for the owner thread.
std::optional<JobFile> ReadGivenFile(const v1::CreateJobRequest& request);

// Turns a request into the event that creates its job, or says everything that is wrong with it.
//   SPEC_INVALID         with every violation; of a job file with its line and column
//   UNKNOWN_FIELD        the same where nothing else is wrong
//   JOB_ID_INVALID, REQUEST_ID_INVALID, NAME_INVALID, PRIORITY_INVALID, LABELS_INVALID
//   JOB_NOT_FOUND, CHECKPOINT_NOT_FOUND   of resume_from
//   MODEL_MISMATCH       the spec differs from the checkpoint's job in what its state depends on
//   DATASET_CHANGED      the same, and in its data alone
// With resume_from and without a job file, an empty spec stands for that job's, without its
// stop_at_step; of a given one, logical_workers and micro default to that job's. Overrides change
// whichever it is. Labels come on top of that job's. Of a request that has made its job already the
// answer is only for CheckRepetition: that job stands for the one of resume_from, which may be
// gone.
std::variant<SubmitJob, RequestError> MakeSubmission(const v1::CreateJobRequest& request,
                                                     const SubmissionContext& context);

// REQUEST_ID_REUSED: the request id made this job from another request. What may have changed since
// then is not compared: priority, preemptible, and the step that "latest" or "best" stands for.
std::optional<RequestError> CheckRepetition(const v1::CreateJobRequest& request,
                                            const SubmitJob& submit, const Job& made);

// GANG_INFEASIBLE: pools are attached, and even the largest is too small for the job, whoever uses
// it now; with the violation of workers.min. Without pools nothing is known: workers may start
// after the job is submitted.
std::optional<RequestError> CheckCapacity(const JobSpec& spec, const std::vector<PoolView>& pools);

// REQUEST_ID_INVALID
std::optional<RequestError> CheckRequestId(const std::string& request_id);

// PRIORITY_INVALID
std::optional<RequestError> CheckPriority(int priority);

// DEADLINE_INVALID, RETENTION_INVALID
std::optional<RequestError> CheckLifetime(const v1::UpdateJobRequest& request);

// LABELS_INVALID
std::optional<RequestError> CheckLabels(const JobLabels& labels);
std::optional<RequestError> CheckLabels(const LabelChange& change);

std::string RandomSuffix();

}  // namespace descent
