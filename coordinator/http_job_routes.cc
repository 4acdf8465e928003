#include <utility>

#include "coordinator/checkpoint_service.h"
#include "coordinator/failure_log.h"
#include "coordinator/http_response.h"
#include "coordinator/http_routes.h"
#include "coordinator/job_comparison.h"
#include "coordinator/job_list.h"
#include "coordinator/job_view.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

template <typename Message>
HttpResponse JsonOrError(const Result<Message>& message) {
  return message.ok() ? JsonResponse(message.value()) : ErrorResponse(message.status());
}

}  // namespace

HttpResponse HttpRoutes::Jobs(const Call& call) const {
  v1::ListJobsRequest request;
  if (const Status read = ReadPageParameters(call.parameters, request); !read.ok())
    return ErrorResponse(read);
  request.set_filter(TextParameter(call.parameters, "filter"));
  request.set_order_by(TextParameter(call.parameters, "order_by"));
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  const auto page = ListJobsPage(request, snapshot.value());
  if (const auto* error = std::get_if<RequestError>(&page)) return ErrorResponse(*error);
  return JsonResponse(std::get<v1::ListJobsResponse>(page));
}

HttpResponse HttpRoutes::OneJob(const Call& call) const {
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status(), call.job_id);
  const Job& job = found.value().job;
  v1::Job view = ToProto(job, found.value().queue_position);
  if (const auto lines = LinesOfFailedRank(job)) AddLogTail(*backend_->logs, *lines, view);
  return JsonResponse(view);
}

HttpResponse HttpRoutes::JobEvents(const Call& call) const {
  v1::ListJobEventsRequest request;
  if (const Status read = ReadPageParameters(call.parameters, request); !read.ok())
    return ErrorResponse(read);
  if (const Result<JobInQueue> found = backend_->job(call.job_id); !found.ok())
    return JobError(found.status(), call.job_id);
  const auto page = ListEventsPage(request, [&](std::int64_t after, int count_max) {
    return backend_->events(call.job_id, after, count_max);
  });
  if (const auto* error = std::get_if<RequestError>(&page)) return ErrorResponse(*error);
  return JsonResponse(std::get<v1::ListJobEventsResponse>(page));
}

HttpResponse HttpRoutes::JobAttempts(const Call& call) const {
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status(), call.job_id);
  v1::ListJobAttemptsResponse attempts = ListAttempts(found.value().job);
  if (TextParameter(call.parameters, "include_log_tails") == "true")
    AddLogTails(*backend_->logs, LinesOfFailedRanks(found.value().job), attempts);
  return JsonResponse(attempts);
}

HttpResponse HttpRoutes::JobCheckpoints(const Call& call) const {
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status(), call.job_id);
  return JsonOrError(ListCheckpoints(found.value().job));
}

HttpResponse HttpRoutes::Comparison(const Call& call) const {
  v1::CompareJobsRequest request;
  for (const std::string& job_id : ListParameter(call.parameters, "jobs"))
    request.add_jobs(JobName(job_id));
  for (const std::string& name : ListParameter(call.parameters, "names")) request.add_names(name);
  const JobSource source{[this](const std::string& job_id) { return FindJob(job_id); },
                         backend_->summaries};
  const auto compared = CompareJobs(request, source);
  if (const auto* error = std::get_if<RequestError>(&compared)) return ErrorResponse(*error);
  return JsonResponse(std::get<v1::CompareJobsResponse>(compared));
}

}  // namespace descent
