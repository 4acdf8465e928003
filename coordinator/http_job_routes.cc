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
HttpResponse JsonOrError(const std::variant<Message, RequestError>& page) {
  if (const auto* error = std::get_if<RequestError>(&page)) return ErrorResponse(*error);
  return JsonResponse(std::get<Message>(page));
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
  return JsonOrError(ListJobsPage(request, snapshot.value()));
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
  return JsonOrError(ListEventsPage(request, [&](std::int64_t after, int count_max) {
    return backend_->events(call.job_id, after, count_max);
  }));
}

HttpResponse HttpRoutes::JobAttempts(const Call& call) const {
  v1::ListJobAttemptsRequest request;
  if (const Status read = ReadPageParameters(call.parameters, request); !read.ok())
    return ErrorResponse(read);
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status(), call.job_id);
  auto page = ListAttemptsPage(request, found.value().job);
  auto* const attempts = std::get_if<v1::ListJobAttemptsResponse>(&page);
  if (attempts != nullptr && TextParameter(call.parameters, "include_log_tails") == "true")
    AddLogTails(*backend_->logs, LinesOfFailedRanks(found.value().job), *attempts);
  return JsonOrError(page);
}

HttpResponse HttpRoutes::JobCheckpoints(const Call& call) const {
  v1::ListCheckpointsRequest request;
  if (const Status read = ReadPageParameters(call.parameters, request); !read.ok())
    return ErrorResponse(read);
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status(), call.job_id);
  return JsonOrError(ListCheckpointsPage(request, found.value().job));
}

HttpResponse HttpRoutes::Comparison(const Call& call) const {
  v1::CompareJobsRequest request;
  for (const std::string& job_id : ListParameter(call.parameters, "jobs"))
    request.add_jobs(JobName(job_id));
  for (const std::string& name : ListParameter(call.parameters, "names")) request.add_names(name);
  const JobSource source{[this](const std::string& job_id) { return FindJob(job_id); },
                         backend_->summaries};
  return JsonOrError(CompareJobs(request, source));
}

}  // namespace descent
