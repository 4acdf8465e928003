// JobService's part that makes jobs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "common/check.h"
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

constexpr std::string_view kLatestCheckpoint = "latest";

// A fork is a job that is resumed from another one's checkpoint.
v1::CreateJobRequest ToCreateJob(const v1::ForkJobRequest& fork) {
  v1::CreateJobRequest request;
  request.set_resume_from(fmt::format(
      "{}/checkpoints/{}", fork.name(),
      fork.checkpoint().empty() ? kLatestCheckpoint : std::string_view(fork.checkpoint())));
  *request.mutable_overrides() = fork.overrides();
  request.set_job_id(fork.job_id());
  request.set_request_id(fork.request_id());
  request.set_validate_only(fork.validate_only());
  request.set_allow_infeasible(fork.allow_infeasible());
  if (fork.has_priority()) request.set_priority(fork.priority());
  request.set_preemptible(fork.preemptible());
  request.set_suspended(fork.suspended());
  *request.mutable_labels() = fork.labels();
  return request;
}

// "pool local, 3 of 4 cpu slots free", and the workers that it would get.
v1::Job StartOn(const Gang& gang, const std::vector<PoolView>& pools, Job job) {
  const auto pool = std::ranges::find(pools, gang.pool, &PoolView::name);
  DESCENT_CHECK(pool != pools.end());
  job.state = JobState::kStarting;
  job.state_reason = "GangReserved";
  job.state_message = fmt::format("pool {}, {} of {} {} slots free", pool->name, pool->free,
                                  pool->world_size, kDevice);
  v1::Job preview = ToProto(job, std::nullopt);
  v1::Attempt& attempt = *preview.mutable_current_attempt();
  attempt.set_world_size(static_cast<int>(gang.sessions.size()));
  for (const SessionId session : gang.sessions) {
    const auto worker = std::ranges::find(pool->workers, session, &WorkerView::session);
    DESCENT_CHECK(worker != pool->workers.end());
    attempt.add_workers(fmt::format("{}/{}", worker->host, worker->world_rank));
  }
  return preview;
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
  if (submit.is_suspended) {
    job.state = JobState::kSuspended;
    job.state_reason = "Suspended";
    job.state_message = kSuspendedFromTheStart;
    return ToProto(job, std::nullopt);
  }
  const Placement placement = state.PlacementOf(submit);
  if (!placement.gang) return ToProto(job, placement.queue);
  return StartOn(*placement.gang, state.pools(), std::move(job));
}

}  // namespace

grpc::ServerUnaryReactor* JobService::CreateJob(grpc::CallbackServerContext* context,
                                                const v1::CreateJobRequest* request,
                                                v1::Job* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // gRPC owns the request, until the call is finished.
  Begin({.request = std::shared_ptr<const v1::CreateJobRequest>(std::shared_ptr<void>(), request),
         .caller = CallerOf(*context),
         .response = response,
         .reactor = reactor});
  return reactor;
}

grpc::ServerUnaryReactor* JobService::ForkJob(grpc::CallbackServerContext* context,
                                              const v1::ForkJobRequest* request,
                                              v1::Job* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const Result<std::string> job_id = ParseJobName(request->name()); !job_id.ok()) {
    reactor->Finish(ToGrpcStatus(NameInvalid(job_id.status(), request->name())));
    return reactor;
  }
  Begin({.request = std::make_shared<const v1::CreateJobRequest>(ToCreateJob(*request)),
         .caller = CallerOf(*context),
         .response = response,
         .reactor = reactor});
  return reactor;
}

void JobService::Begin(const Creation& creation) {
  AnswerOn(blocking_threads_, creation.reactor, [this, creation] {
    const auto create = [this, creation, file = ReadGivenFile(*creation.request)](
                            const State& state) { Create(state, creation, file); };
    runtime_.Read(create, FinishRefused(creation.reactor));
  });
}

void JobService::Create(const State& state, const Creation& creation, std::optional<JobFile> file) {
  const v1::CreateJobRequest& request = *creation.request;
  grpc::ServerUnaryReactor* const reactor = creation.reactor;
  const Job* const made = state.FindJobOfRequest(creation.caller.name, request.request_id());
  const SubmissionContext context{[&](const std::string& id) { return state.FindJob(id); },
                                  RandomSuffix, std::move(file), made};
  auto submission = MakeSubmission(request, context);
  if (const auto* error = std::get_if<RequestError>(&submission))
    return reactor->Finish(ToGrpcStatus(*error));
  SubmitJob submit = std::get<SubmitJob>(std::move(submission));
  submit.owner = creation.caller.name;
  submit.origin = OriginOf(creation.caller, request.request_id());
  submit.owner_live_jobs_max = limiter_.LiveJobsMax(creation.caller);
  if (made != nullptr) {  // it is answered with its job, whatever became of the pools
    if (const auto error = CheckRepetition(request, submit, *made))
      return reactor->Finish(ToGrpcStatus(*error));
    *creation.response = ViewJob(*made, state);
    return reactor->Finish(grpc::Status::OK);
  }
  if (!request.allow_infeasible())
    if (const auto error = CheckCapacity(submit.spec, PoolsFor(submit.job_id, state.pools())))
      return reactor->Finish(ToGrpcStatus(*error));
  if (const Status admitted = state.CheckSubmission(submit); !admitted.ok())
    return reactor->Finish(ToGrpcStatus(RefuseSubmission(admitted, submit)));
  if (request.validate_only()) *creation.response = Preview(submit, state);
  AnswerOn(blocking_threads_, reactor,
           [this, creation, submit, checkpoints = state.CheckpointDirectoryOf(submit.job_id)] {
             SubmitUnlessKept(creation, submit, checkpoints);
           });
}

void JobService::SubmitUnlessKept(const Creation& creation, const SubmitJob& submit,
                                  const std::string& checkpoints) {
  const bool validates_only = creation.request->validate_only();
  std::error_code error;
  const bool is_kept = std::filesystem::exists(checkpoints, error);
  if (!is_kept && validates_only) return creation.reactor->Finish(grpc::Status::OK);
  if (!is_kept) return Submit(creation, submit);
  const auto decide = [this, creation, submit, checkpoints, validates_only](const State& state) {
    // Its job has been made meanwhile, and has begun: State knows whether by this request.
    if (!validates_only && state.FindJob(submit.job_id) != nullptr) return Submit(creation, submit);
    const bool is_drawn = creation.request->job_id().empty();
    creation.reactor->Finish(ToGrpcStatus(CheckpointsKept(submit.job_id, checkpoints, is_drawn)));
  };
  runtime_.Read(decide, FinishRefused(creation.reactor));
}

void JobService::Submit(const Creation& creation, const SubmitJob& submit) {
  const auto finish = [creation, submit](const Answer& answer, const State& state) {
    if (!answer.status.ok())
      return creation.reactor->Finish(ToGrpcStatus(RefuseSubmission(answer.status, submit)));
    if (const Job* made = state.FindJob(answer.job_id))
      if (const auto error = CheckRepetition(*creation.request, submit, *made))
        return creation.reactor->Finish(ToGrpcStatus(*error));
    FinishWithJob(creation.reactor, creation.response, submit.job_id)(answer, state);
  };
  runtime_.Submit(submit, finish, FinishRefused(creation.reactor));
}

}  // namespace descent
