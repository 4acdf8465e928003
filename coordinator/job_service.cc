#include "coordinator/job_service.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "coordinator/answer_on.h"
#include "coordinator/call_context.h"
#include "coordinator/failure_log.h"
#include "coordinator/incident.h"
#include "coordinator/job_files.h"
#include "coordinator/job_list.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_view.h"
#include "coordinator/log_streams.h"
#include "coordinator/owned_job.h"
#include "coordinator/resource_name.h"
#include "coordinator/submission.h"
#include "coordinator/watch_streams.h"

namespace descent {

// Lets `answer` finish the call with the job of that name, on the owner thread.
void JobService::ReadJob(const std::string& name, grpc::ServerUnaryReactor* reactor,
                         std::function<void(const Job& job, const State& state)> answer) {
  const Result<std::string> job_id = ParseJobName(name);
  if (!job_id.ok()) return reactor->Finish(ToGrpcStatus(NameInvalid(job_id.status(), name)));
  const auto read = [id = job_id.value(), reactor, answer = std::move(answer)](const State& state) {
    const Job* job = state.FindJob(id);
    if (job == nullptr) return reactor->Finish(ToGrpcStatus(JobNotFound(id)));
    answer(*job, state);
  };
  runtime_.Read(read, FinishRefused(reactor));
}

grpc::ServerUnaryReactor* JobService::GetJob(grpc::CallbackServerContext* context,
                                             const v1::GetJobRequest* request, v1::Job* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  ReadJob(request->name(), reactor, [=, this](const Job& job, const State& state) {
    *response = ViewJob(job, state);
    const std::optional<FailedRankLines> lines = LinesOfFailedRank(job);
    if (!lines) return reactor->Finish(grpc::Status::OK);
    AnswerOn(blocking_threads_, reactor, [=, this] {
      AddLogTail(runtime_.logs(), *lines, *response);
      reactor->Finish(grpc::Status::OK);
    });
  });
  return reactor;
}

grpc::ServerUnaryReactor* JobService::ListJobAttempts(grpc::CallbackServerContext* context,
                                                      const v1::ListJobAttemptsRequest* request,
                                                      v1::ListJobAttemptsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  ReadJob(request->name(), reactor, [=, this](const Job& job, const State&) {
    auto page = ListAttemptsPage(*request, job);
    if (const auto* error = std::get_if<RequestError>(&page))
      return reactor->Finish(ToGrpcStatus(*error));
    *response = std::get<v1::ListJobAttemptsResponse>(std::move(page));
    if (!request->include_log_tails()) return reactor->Finish(grpc::Status::OK);
    AnswerOn(blocking_threads_, reactor, [=, this, lines = LinesOfFailedRanks(job)] {
      AddLogTails(runtime_.logs(), lines, *response);
      reactor->Finish(grpc::Status::OK);
    });
  });
  return reactor;
}

grpc::ServerUnaryReactor* JobService::ListJobs(grpc::CallbackServerContext* context,
                                               const v1::ListJobsRequest* request,
                                               v1::ListJobsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto read = [request, response, reactor](const State& state) {
    auto page = ListJobsPage(*request, state);
    if (const auto* error = std::get_if<RequestError>(&page))
      return reactor->Finish(ToGrpcStatus(*error));
    *response = std::get<v1::ListJobsResponse>(std::move(page));
    reactor->Finish(grpc::Status::OK);
  };
  runtime_.Read(read, FinishRefused(reactor));
  return reactor;
}

grpc::ServerUnaryReactor* JobService::Command(grpc::CallbackServerContext* context,
                                              const std::string& name, JobCommand command,
                                              v1::Job* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Result<std::string> job_id = ParseJobName(name);
  if (!job_id.ok()) {
    reactor->Finish(ToGrpcStatus(NameInvalid(job_id.status(), name)));
    return reactor;
  }
  const auto change = [this, id = job_id.value(), command, origin = OriginOf(CallerOf(*context)),
                       response, reactor](const State&) {
    runtime_.Command({.job_id = id, .command = command, .origin = origin},
                     FinishWithJob(reactor, response, id, command), FinishRefused(reactor));
  };
  ChangeOwnJob(runtime_, *context, job_id.value(), reactor, change);
  return reactor;
}

grpc::ServerUnaryReactor* JobService::CancelJob(grpc::CallbackServerContext* context,
                                                const v1::CancelJobRequest* request,
                                                v1::Job* response) {
  return Command(context, request->name(), JobCommand::kCancel, response);
}

grpc::ServerUnaryReactor* JobService::SuspendJob(grpc::CallbackServerContext* context,
                                                 const v1::SuspendJobRequest* request,
                                                 v1::Job* response) {
  return Command(context, request->name(), JobCommand::kSuspend, response);
}

grpc::ServerUnaryReactor* JobService::ResumeJob(grpc::CallbackServerContext* context,
                                                const v1::ResumeJobRequest* request,
                                                v1::Job* response) {
  return Command(context, request->name(), JobCommand::kResume, response);
}

grpc::ServerUnaryReactor* JobService::StopJob(grpc::CallbackServerContext* context,
                                              const v1::StopJobRequest* request,
                                              v1::Job* response) {
  return Command(context, request->name(), JobCommand::kStop, response);
}

grpc::ServerUnaryReactor* JobService::CheckpointJob(grpc::CallbackServerContext* context,
                                                    const v1::CheckpointJobRequest* request,
                                                    v1::Job* response) {
  return Command(context, request->name(), JobCommand::kCheckpoint, response);
}

grpc::ServerUnaryReactor* JobService::UpdateJob(grpc::CallbackServerContext* context,
                                                const v1::UpdateJobRequest* request,
                                                v1::Job* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Result<std::string> job_id = ParseJobName(request->name());
  std::optional<RequestError> error;
  if (!job_id.ok()) error = NameInvalid(job_id.status(), request->name());
  if (!error && request->has_priority()) error = CheckPriority(request->priority());
  if (!error) error = CheckLifetime(*request);
  const LabelChange labels{
      .set = {request->set_labels().begin(), request->set_labels().end()},
      .removed = {request->remove_labels().begin(), request->remove_labels().end()}};
  if (!error) error = CheckLabels(labels);
  if (error) {
    reactor->Finish(ToGrpcStatus(*error));
    return reactor;
  }
  descent::UpdateJob update{.job_id = std::move(job_id).value(),
                            .etag = request->etag(),
                            .labels = labels,
                            .origin = OriginOf(CallerOf(*context))};
  if (request->has_priority()) update.priority = request->priority();
  if (request->has_preemptible()) update.is_preemptible = request->preemptible();
  if (request->has_deadline()) update.deadline_seconds = request->deadline();
  if (request->has_retention_days()) update.retention_days = request->retention_days();
  const auto change = [this, update, response, reactor](const State&) {
    runtime_.Update(update, FinishWithJob(reactor, response, update.job_id),
                    FinishRefused(reactor));
  };
  ChangeOwnJob(runtime_, *context, update.job_id, reactor, change);
  return reactor;
}

grpc::ServerUnaryReactor* JobService::DeleteJob(grpc::CallbackServerContext* context,
                                                const v1::DeleteJobRequest* request,
                                                v1::DeleteJobResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Result<std::string> job_id = ParseJobName(request->name());
  if (!job_id.ok()) {
    reactor->Finish(ToGrpcStatus(NameInvalid(job_id.status(), request->name())));
    return reactor;
  }
  const auto change = [this, id = job_id.value(), request, origin = OriginOf(CallerOf(*context)),
                       reactor](const State&) {
    AnswerOn(blocking_threads_, reactor,
             [this, id, request, origin, reactor] { Delete(id, *request, origin, reactor); });
  };
  ChangeOwnJob(runtime_, *context, job_id.value(), reactor, change);
  return reactor;
}

// The files go first: whatever interrupts it, the job is still there to be deleted again.
void JobService::Delete(const std::string& job_id, const v1::DeleteJobRequest& request,
                        const Origin& origin, grpc::ServerUnaryReactor* reactor) {
  const auto refuse = [job_id, reactor](const Status& status, const Job* job) {
    reactor->Finish(ToGrpcStatus(RefuseJob(status, job_id, job, JobCommand::kDelete)));
  };
  const Result<std::string> directory = runtime_.DeletableCheckpoints(job_id, request.etag());
  if (!directory.ok()) {
    const Result<Job> job = runtime_.FindJob(job_id);
    return refuse(directory.status(), job.ok() ? &job.value() : nullptr);
  }
  const Status removed =
      RemoveJobFiles(runtime_.logs(), job_id, request.keep_checkpoints() ? "" : directory.value());
  if (!removed.ok()) return reactor->Finish(ToGrpcStatus(removed));
  const auto on_answer = [=](const Answer& answer, const State& state) {
    if (!answer.status.ok()) return refuse(answer.status, state.FindJob(job_id));
    reactor->Finish(grpc::Status::OK);
  };
  runtime_.Command({.job_id = job_id, .command = JobCommand::kDelete, .origin = origin}, on_answer,
                   FinishRefused(reactor));
}

grpc::ServerUnaryReactor* JobService::ListJobEvents(grpc::CallbackServerContext* context,
                                                    const v1::ListJobEventsRequest* request,
                                                    v1::ListJobEventsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor, [this, request, response, reactor] {
    const Result<std::string> job_id = ParseJobName(request->name());
    if (!job_id.ok())
      return reactor->Finish(ToGrpcStatus(NameInvalid(job_id.status(), request->name())));
    if (const Result<Job> job = runtime_.FindJob(job_id.value()); !job.ok())
      return reactor->Finish(ToGrpcStatus(RefuseJob(job.status(), job_id.value(), nullptr)));
    const auto events = [&](std::int64_t after, int count_max) {
      return runtime_.Events(job_id.value(), after, count_max);
    };
    auto page = ListEventsPage(*request, events);
    if (const auto* error = std::get_if<RequestError>(&page))
      return reactor->Finish(ToGrpcStatus(*error));
    *response = std::get<v1::ListJobEventsResponse>(std::move(page));
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::Job>* JobService::WatchJobs(grpc::CallbackServerContext* context,
                                                         const v1::WatchJobsRequest* request) {
  if (request->name().empty())
    return StartJobsWatch(runtime_, streams_, blocking_threads_, *context, *request);
  const std::shared_ptr<JobWatch> watch = JobWatch::Start(
      *context,
      request->allow_bookmarks() ? std::optional(streams_.bookmark_interval()) : std::nullopt);
  streams_.Add(watch, CallerOf(*context));
  if (const auto error = Watch(watch, *request)) watch->End(ToGrpcStatus(*error));
  return watch.get();
}

std::optional<RequestError> JobService::Watch(const std::shared_ptr<JobWatch>& watch,
                                              const v1::WatchJobsRequest& request) {
  const Result<std::string> job_id = ParseJobName(request.name());
  if (!job_id.ok()) return NameInvalid(job_id.status(), request.name());
  if (!request.names().empty() || !request.filter().empty())
    return SelectionInvalid("name is given beside names or filter, must be alone");
  std::optional<WatchToken> token;
  if (!request.resume_token().empty()) {
    Result<WatchToken> parsed = ParseWatchToken(request.resume_token());
    if (!parsed.ok() || parsed.value().uid == WatchToken::kAllJobs)
      return TokenInvalid(request.resume_token(), "one job");
    token = std::move(parsed).value();
  }
  const auto begin = [this, watch, id = job_id.value(), token](const State& state) {
    const Job* job = state.FindJob(id);
    if (job == nullptr) return watch->End(ToGrpcStatus(JobNotFound(id)));
    if (token) {
      if (const auto expired = CheckToken(*token, *job, runtime_.last_event()))
        return watch->End(ToGrpcStatus(*expired));
      watch->Hold(ToProto(*job, std::nullopt));
    }
    runtime_.AddWatcher(id, watch);
    watch->OnJob(*job, state.QueuePositionOf(id), runtime_.last_event());
    if (token) ReleasePassed(watch, id, {token->last_event, runtime_.last_event()});
  };
  runtime_.Read(begin, [watch](const Refusal& refusal) {
    watch->End(ToGrpcStatus(ToRequestError(refusal)));
  });
  return std::nullopt;
}

namespace {

// What throws is kInternal, and the end of one watch.
Result<std::vector<PassedState>> ReadOrCatch(PassedStates& states, const ReadJobEvents& events) {
  try {
    return states.ReadPage(events);
  } catch (...) {
    return StatusOfThrown();
  }
}

}  // namespace

// The watch, which is held, goes on with the next of `states`, and then reads those that follow.
void JobService::ReleasePassed(const std::shared_ptr<JobWatch>& watch, const std::string& job_id,
                               const PassedStates& states) {
  boost::asio::post(blocking_threads_, [this, watch, job_id, rest = states]() mutable {
    const auto events = [&](std::int64_t after, int count_max) {
      return runtime_.Events(job_id, after, count_max);
    };
    Result<std::vector<PassedState>> page = ReadOrCatch(rest, events);
    if (!page.ok()) {
      watch->End(ToGrpcStatus(page.status()));
      return watch->Release({}, nullptr);
    }
    JobWatch::ReadMore read_more;
    if (!rest.IsAtEnd())
      read_more = [this, weak = std::weak_ptr(watch), job_id, rest] {
        if (const auto held = weak.lock()) ReleasePassed(held, job_id, rest);
      };
    watch->Release(std::move(page).value(), std::move(read_more));
  });
}

grpc::ServerWriteReactor<v1::StreamJobLogsResponse>* JobService::StreamJobLogs(
    grpc::CallbackServerContext* context, const v1::StreamJobLogsRequest* request) {
  return StartLogStream(runtime_, streams_, blocking_threads_, *context, *request);
}

}  // namespace descent
