// JobService's part that makes jobs.
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "coordinator/answer_on.h"
#include "coordinator/call_context.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_service.h"
#include "coordinator/job_view.h"
#include "coordinator/owned_job.h"
#include "coordinator/resource_name.h"
#include "coordinator/submission.h"

namespace descent {
namespace {

RequestError QuotaExceeded(const Status& status, const std::string& owner, int limit) {
  RequestError error{status, "QUOTA_EXCEEDED", {}, {{"limit", std::to_string(limit)}}};
  error.quota_subject = owner.empty() ? "everybody" : "user:" + owner;
  return error;
}

// What State says of a submission that it does not take.
RequestError RefuseSubmission(const Status& status, const SubmitJob& submit) {
  if (status.code() == Code::kResourceExhausted)
    return QuotaExceeded(status, submit.owner, submit.owner_live_jobs_max);
  return RefuseJob(status, submit.job_id, nullptr);
}

// The files of a job's checkpoints belong to whoever has the job, so no other may get its id.
RequestError CheckpointsKept(const std::string& job_id, const std::string& directory,
                             bool is_drawn) {
  const std::string kept =
      fmt::format("{} has checkpoints that were kept, in {}", JobName(job_id), directory);
  if (is_drawn) return ToRequestError(Status(Code::kUnavailable, kept + "; submit again"));
  return RefuseJob(Status(Code::kAlreadyExists, kept + ": choose another job_id"), job_id, nullptr);
}

// The job that a submission would make, and whether its workers are there.
v1::Job Preview(const SubmitJob& submit, const State& state) {
  Job job;
  job.id = submit.job_id;
  job.spec = submit.spec;
  job.owner = submit.owner;
  job.priority = submit.priority;
  job.is_preemptible = submit.is_preemptible;
  job.labels = submit.labels;
  job.deadline_seconds = submit.spec.deadline_seconds;
  job.retention = submit.spec.retention;
  job.start_checkpoint = submit.start_checkpoint;
  job.forked_from = submit.forked_from;
  const Placement placement = state.PlacementOf(submit);
  if (!placement.gang) return ToProto(job, placement.queue);
  job.state = JobState::kStarting;
  job.state_reason = "GangReserved";
  job.state_message = fmt::format(
      "{} free in pool \"{}\"", WorkersText(placement.gang->sessions.size()), placement.gang->pool);
  return ToProto(job, std::nullopt);
}

}  // namespace

grpc::ServerUnaryReactor* JobService::CreateJob(grpc::CallbackServerContext* context,
                                                const v1::CreateJobRequest* request,
                                                v1::Job* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Caller& caller = CallerOf(*context);
  AnswerOn(blocking_threads_, reactor, [this, &caller, request, response, reactor] {
    const auto create = [this, &caller, request, response, reactor,
                         file = ReadGivenFile(*request)](const State& state) {
      Create(state, *request, file, caller, response, reactor);
    };
    runtime_.Read(create, FinishRefused(reactor));
  });
  return reactor;
}

void JobService::Create(const State& state, const v1::CreateJobRequest& request,
                        std::optional<JobFile> file, const Caller& caller, v1::Job* response,
                        grpc::ServerUnaryReactor* reactor) {
  const Job* const made = state.FindJobOfRequest(caller.name, request.request_id());
  const SubmissionContext context{[&](const std::string& id) { return state.FindJob(id); },
                                  RandomSuffix, std::move(file), made};
  auto submission = MakeSubmission(request, context);
  if (const auto* error = std::get_if<RequestError>(&submission))
    return reactor->Finish(ToGrpcStatus(*error));
  SubmitJob submit = std::get<SubmitJob>(std::move(submission));
  submit.owner = caller.name;
  submit.owner_live_jobs_max = limiter_.LiveJobsMax(caller);
  if (made != nullptr) {  // it is answered with its job, whatever became of the pools
    if (const auto error = CheckRepetition(request, submit, *made))
      return reactor->Finish(ToGrpcStatus(*error));
    *response = ViewJob(*made, state);
    return reactor->Finish(grpc::Status::OK);
  }
  if (!request.allow_infeasible())
    if (const auto error = CheckCapacity(submit.spec, PoolsFor(submit.job_id, state.pools())))
      return reactor->Finish(ToGrpcStatus(*error));
  if (const Status admitted = state.CheckSubmission(submit); !admitted.ok())
    return reactor->Finish(ToGrpcStatus(RefuseSubmission(admitted, submit)));
  if (request.validate_only()) *response = Preview(submit, state);
  AnswerOn(blocking_threads_, reactor,
           [this, &request, submit, response, reactor,
            checkpoints = state.CheckpointDirectoryOf(submit.job_id)] {
             SubmitUnlessKept(request, submit, checkpoints, response, reactor);
           });
}

void JobService::SubmitUnlessKept(const v1::CreateJobRequest& request, const SubmitJob& submit,
                                  const std::string& checkpoints, v1::Job* response,
                                  grpc::ServerUnaryReactor* reactor) {
  std::error_code error;
  const bool is_kept = std::filesystem::exists(checkpoints, error);
  if (!is_kept && request.validate_only()) return reactor->Finish(grpc::Status::OK);
  if (!is_kept) return Submit(request, submit, response, reactor);
  const auto decide = [this, &request, submit, checkpoints, response, reactor](const State& state) {
    // Its job has been made meanwhile, and has begun: State knows whether by this request.
    if (!request.validate_only() && state.FindJob(submit.job_id) != nullptr)
      return Submit(request, submit, response, reactor);
    reactor->Finish(ToGrpcStatus(
        CheckpointsKept(submit.job_id, checkpoints, /*is_drawn=*/request.job_id().empty())));
  };
  runtime_.Read(decide, FinishRefused(reactor));
}

void JobService::Submit(const v1::CreateJobRequest& request, const SubmitJob& submit,
                        v1::Job* response, grpc::ServerUnaryReactor* reactor) {
  const auto finish = [&request, submit, response, reactor](const Answer& answer,
                                                            const State& state) {
    if (!answer.status.ok())
      return reactor->Finish(ToGrpcStatus(RefuseSubmission(answer.status, submit)));
    if (const Job* made = state.FindJob(answer.job_id))
      if (const auto error = CheckRepetition(request, submit, *made))
        return reactor->Finish(ToGrpcStatus(*error));
    FinishWithJob(reactor, response, submit.job_id)(answer, state);
  };
  runtime_.Submit(submit, finish, FinishRefused(reactor));
}

}  // namespace descent
