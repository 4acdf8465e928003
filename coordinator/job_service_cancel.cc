// JobService's part that cancels several jobs at once.
#include <fmt/format.h>

#include <utility>

#include "coordinator/authenticator.h"
#include "coordinator/call_context.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_service.h"
#include "coordinator/list_page.h"
#include "coordinator/owned_job.h"
#include "coordinator/resource_name.h"
#include "coordinator/submission.h"

namespace descent {
namespace {

RequestError TooManySelected(std::size_t count) {
  return {Status(Code::kInvalidArgument,
                 fmt::format("filter holds for {} jobs, may hold for at most {}: cancel them in "
                             "parts",
                             count, JobSelection::kJobsMax)),
          "SELECTION_TOO_LARGE",
          {},
          {}};
}

// Those that are named, or for which the filter holds and which are not at their end.
std::vector<std::string> ChooseJobs(const State& state, const JobSelection& selection) {
  if (selection.IsByName()) return selection.job_ids();
  std::vector<std::string> job_ids;
  for (const Job* job : state.jobs())
    if (!IsTerminal(job->state) && selection.Includes(*job)) job_ids.push_back(job->id);
  return job_ids;
}

v1::CancelJobsResponse View(const std::vector<std::string>& job_ids, const State& state) {
  v1::CancelJobsResponse response;
  std::size_t bytes = 0;
  for (const std::string& job_id : job_ids) {
    const Job* job = state.FindJob(job_id);
    if (job == nullptr) continue;  // by the next event of the same transaction
    v1::Job view = ToProto(*job, std::nullopt);
    view.clear_spec();
    bytes += view.ByteSizeLong();
    v1::Job& added = *response.add_jobs();
    if (bytes <= kPageBytesMax) {
      added = std::move(view);
      continue;
    }
    added.set_name(view.name());
    added.set_uid(view.uid());
    added.set_state(view.state());
  }
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* JobService::CancelJobs(grpc::CallbackServerContext* context,
                                                 const v1::CancelJobsRequest* request,
                                                 v1::CancelJobsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto parsed =
      JobSelection::Parse({request->names().begin(), request->names().end()}, request->filter());
  std::optional<RequestError> error = CheckRequestId(request->request_id());
  if (auto* refused = std::get_if<RequestError>(&parsed)) error = std::move(*refused);
  if (request->names().empty() && request->filter().empty())
    error = SelectionInvalid("neither names nor a filter are given, must be one of them");
  if (error) {
    reactor->Finish(ToGrpcStatus(*error));
    return reactor;
  }
  const auto cancel = [this, request, response, reactor, &caller = CallerOf(*context),
                       selection = std::get<JobSelection>(std::move(parsed))](const State& state) {
    Cancel(state, *request, selection, caller, response, reactor);
  };
  runtime_.Read(cancel, FinishRefused(reactor));
  return reactor;
}

void JobService::Cancel(const State& state, const v1::CancelJobsRequest& request,
                        const JobSelection& selection, const Caller& caller,
                        v1::CancelJobsResponse* response, grpc::ServerUnaryReactor* reactor) {
  const std::vector<std::string> job_ids = ChooseJobs(state, selection);
  if (job_ids.size() > JobSelection::kJobsMax)
    return reactor->Finish(ToGrpcStatus(TooManySelected(job_ids.size())));
  for (const std::string& job_id : job_ids) {
    const Job* job = state.FindJob(job_id);
    if (job != nullptr && !MayChange(caller, *job))
      return reactor->Finish(ToGrpcStatus(NotTheOwner(caller, *job)));
  }
  const auto finish = [job_ids, response, reactor](const Answer& answer, const State& now) {
    if (!answer.status.ok())
      return reactor->Finish(ToGrpcStatus(RefuseJob(
          answer.status, answer.job_id, now.FindJob(answer.job_id), JobCommand::kCancel)));
    *response = View(job_ids, now);
    reactor->Finish(grpc::Status::OK);
  };
  runtime_.Cancel({.job_ids = job_ids,
                   .passes_over_ended = !selection.IsByName(),
                   .origin = OriginOf(caller, request.request_id())},
                  finish, FinishRefused(reactor));
}

}  // namespace descent
