#include "client/api/client.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/api/all_pages.h"
#include "client/api/channel.h"
#include "client/api/convert.h"
#include "common/check.h"
#include "descent/v1/service.grpc.pb.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kCreateTimeout{30};  // a large job file may have to be read
constexpr int kPageEvents = 1000;
constexpr int kPageJobs = 250;  // so that a page fits a message, whatever the specs

template <typename Request>
Request RequestFor(const std::string& job_id) {
  Request request;
  request.set_name("jobs/" + job_id);
  return request;
}

// What all requests that create a job share.
template <typename Request>
Request RequestOf(const CreateJobOptions& options) {
  Request request;
  request.set_job_id(options.job_id);
  request.set_request_id(options.request_id);
  request.set_validate_only(options.validate_only);
  request.set_allow_infeasible(options.allows_infeasible);
  request.mutable_overrides()->Assign(options.overrides.begin(), options.overrides.end());
  if (options.priority) request.set_priority(*options.priority);
  request.set_preemptible(options.is_preemptible);
  request.set_suspended(options.is_suspended);
  request.mutable_labels()->insert(options.labels.begin(), options.labels.end());
  return request;
}

class JobStream final : public Client::Watch {
 public:
  JobStream(v1::JobService::Stub& stub, const std::string& id, const std::string& resume_token,
            std::string address)
      : address_(std::move(address)) {
    v1::WatchJobsRequest request;
    request.set_name("jobs/" + id);
    request.set_resume_token(resume_token);
    request.set_allow_bookmarks(true);
    reader_ = stub.WatchJobs(&context_, request);
  }

  bool Read(JobView& job) override {
    v1::Job message;
    do {
      if (!reader_->Read(&message)) return false;
    } while (message.name().empty());  // a bookmark
    job = ToView(message);
    return true;
  }
  std::optional<ApiError> Finish() override {
    const grpc::Status status = reader_->Finish();
    if (status.ok()) return std::nullopt;
    return ToApiError(status, address_);
  }
  void Cancel() override { context_.TryCancel(); }

 private:
  const std::string address_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::Job>> reader_;
};

}  // namespace

struct Client::Stubs {
  explicit Stubs(const Endpoint& endpoint)
      : channel(endpoint),
        jobs(channel.grpc()),
        metrics(channel.grpc()),
        checkpoints(channel.grpc()),
        cluster(channel.grpc()) {}

  template <typename Call>
  grpc::Status CallWithRetry(const Call& call) const {
    return channel.CallWithRetry(call);
  }

  const Channel channel;
  v1::JobService::Stub jobs;
  v1::MetricService::Stub metrics;
  v1::CheckpointService::Stub checkpoints;
  v1::ClusterService::Stub cluster;
};

Client::Client(const Endpoint& endpoint)
    : address_(endpoint.address), stubs_(std::make_unique<Stubs>(endpoint)) {}

Client::~Client() = default;

// Calls one of the methods that answer with a job.
template <typename Method, typename Request>
Reply<JobView> Client::CallForJob(Method method, const Request& request,
                                  std::chrono::seconds time_max) {
  v1::Job job;
  const grpc::Status status = stubs_->channel.CallWithRetry(
      [&](grpc::ClientContext* context) { return (stubs_->jobs.*method)(context, request, &job); },
      time_max);
  if (!status.ok()) return ToApiError(status, address_);
  return ToView(job);
}

template <typename Method, typename Request>
Reply<JobView> Client::CallForJob(Method method, const Request& request) {
  return CallForJob(method, request, Channel::kCallTimeout);
}

Reply<JobView> Client::CreateJob(const CreateJobOptions& options) {
  auto request = RequestOf<v1::CreateJobRequest>(options);
  if (options.spec) *request.mutable_spec() = ToProto(*options.spec);
  request.set_resume_from(options.resume_from);
  return CallForJob(&v1::JobService::Stub::CreateJob, request, kCreateTimeout);
}

Reply<JobView> Client::ForkJob(const std::string& id, const std::string& checkpoint,
                               const CreateJobOptions& options) {
  auto request = RequestOf<v1::ForkJobRequest>(options);
  request.set_name("jobs/" + id);
  request.set_checkpoint(checkpoint);
  return CallForJob(&v1::JobService::Stub::ForkJob, request, kCreateTimeout);
}

Reply<JobView> Client::GetJob(const std::string& id) {
  return CallForJob(&v1::JobService::Stub::GetJob, RequestFor<v1::GetJobRequest>(id));
}

Reply<JobList> Client::ListJobs(const JobSelection& selection) {
  JobList list;
  v1::ListJobsRequest request;
  for (const std::string& name : selection.states) {
    v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
    DESCENT_CHECK(v1::JobState_Parse("JOB_STATE_" + name, &state));
    request.add_states(state);
  }
  request.set_filter(selection.filter);
  request.set_order_by(selection.order_by);
  const JsonText json = selection.wants_json ? JsonText::kMade : JsonText::kLeftOut;
  do {
    const int missing = selection.jobs_max - static_cast<int>(list.jobs.size());
    request.set_page_size(std::min(missing, kPageJobs));
    v1::ListJobsResponse response;
    const grpc::Status status = stubs_->CallWithRetry([&](grpc::ClientContext* context) {
      return stubs_->jobs.ListJobs(context, request, &response);
    });
    if (!status.ok()) return ToApiError(status, address_);
    for (const v1::Job& job : response.jobs()) list.jobs.push_back(ToView(job, json));
    request.set_page_token(response.next_page_token());
    list.has_more = !response.next_page_token().empty();
  } while (list.has_more && std::ssize(list.jobs) < selection.jobs_max);
  return list;
}

Reply<std::vector<AttemptView>> Client::ListJobAttempts(const std::string& id,
                                                        bool with_log_tails) {
  v1::ListJobAttemptsRequest request;
  request.set_include_log_tails(with_log_tails);
  request.set_name("jobs/" + id);
  v1::ListJobAttemptsResponse response;
  const auto call = [&](const v1::ListJobAttemptsRequest& asked,
                        v1::ListJobAttemptsResponse& page) {
    return stubs_->CallWithRetry([&](grpc::ClientContext* context) {
      return stubs_->jobs.ListJobAttempts(context, asked, &page);
    });
  };
  const grpc::Status status = ReadAllPages(request, response, call);
  if (!status.ok()) return ToApiError(status, address_);
  std::vector<AttemptView> attempts;
  for (const v1::Attempt& attempt : response.attempts()) attempts.push_back(ToView(attempt));
  return attempts;
}

Reply<JobView> Client::CancelJob(const std::string& id) {
  return CallForJob(&v1::JobService::Stub::CancelJob, RequestFor<v1::CancelJobRequest>(id));
}

Reply<std::vector<JobView>> Client::CancelJobs(const std::vector<std::string>& ids,
                                               const std::string& filter) {
  v1::CancelJobsRequest request;
  for (const std::string& id : ids) request.add_names("jobs/" + id);
  request.set_filter(filter);
  v1::CancelJobsResponse response;
  const grpc::Status status = stubs_->CallWithRetry([&](grpc::ClientContext* context) {
    return stubs_->jobs.CancelJobs(context, request, &response);
  });
  if (!status.ok()) return ToApiError(status, address_);
  std::vector<JobView> jobs;
  for (const v1::Job& job : response.jobs()) jobs.push_back(ToView(job));
  return jobs;
}

Reply<JobView> Client::SuspendJob(const std::string& id) {
  return CallForJob(&v1::JobService::Stub::SuspendJob, RequestFor<v1::SuspendJobRequest>(id));
}

Reply<JobView> Client::ResumeJob(const std::string& id) {
  return CallForJob(&v1::JobService::Stub::ResumeJob, RequestFor<v1::ResumeJobRequest>(id));
}

Reply<JobView> Client::StopJob(const std::string& id) {
  return CallForJob(&v1::JobService::Stub::StopJob, RequestFor<v1::StopJobRequest>(id));
}

Reply<JobView> Client::CheckpointJob(const std::string& id) {
  return CallForJob(&v1::JobService::Stub::CheckpointJob, RequestFor<v1::CheckpointJobRequest>(id));
}

Reply<JobView> Client::UpdateJob(const std::string& id, const UpdateJobOptions& options) {
  auto request = RequestFor<v1::UpdateJobRequest>(id);
  if (options.priority) request.set_priority(*options.priority);
  if (options.is_preemptible) request.set_preemptible(*options.is_preemptible);
  if (options.deadline_seconds) request.set_deadline(*options.deadline_seconds);
  if (options.retention_days) request.set_retention_days(*options.retention_days);
  const LabelChange& labels = options.labels;
  request.mutable_set_labels()->insert(labels.set.begin(), labels.set.end());
  request.mutable_remove_labels()->Assign(labels.removed.begin(), labels.removed.end());
  return CallForJob(&v1::JobService::Stub::UpdateJob, request);
}

std::optional<ApiError> Client::DeleteJob(const std::string& id, bool keeps_checkpoints) {
  auto request = RequestFor<v1::DeleteJobRequest>(id);
  request.set_keep_checkpoints(keeps_checkpoints);
  v1::DeleteJobResponse response;
  const grpc::Status status = stubs_->CallWithRetry([&](grpc::ClientContext* context) {
    return stubs_->jobs.DeleteJob(context, request, &response);
  });
  if (status.ok()) return std::nullopt;
  return ToApiError(status, address_);
}

Reply<std::vector<JobEventView>> Client::ListJobEvents(const std::string& id) {
  auto request = RequestFor<v1::ListJobEventsRequest>(id);
  request.set_page_size(kPageEvents);
  std::vector<JobEventView> events;
  while (true) {
    v1::ListJobEventsResponse response;
    const grpc::Status status = stubs_->CallWithRetry([&](grpc::ClientContext* context) {
      return stubs_->jobs.ListJobEvents(context, request, &response);
    });
    if (!status.ok()) return ToApiError(status, address_);
    for (const v1::JobEvent& event : response.events()) events.push_back(ToView(event));
    if (!response.has_more()) return events;
    request.set_page_token(response.next_page_token());
  }
}

Reply<MetricCurves> Client::QueryMetrics(const std::string& id,
                                         const std::vector<std::string>& names,
                                         std::int64_t first_step) {
  v1::QueryMetricsRequest request;
  request.set_job("jobs/" + id);
  request.mutable_names()->Add(names.begin(), names.end());
  request.set_first_step(first_step);
  v1::QueryMetricsResponse response;
  const grpc::Status status = stubs_->CallWithRetry([&](grpc::ClientContext* context) {
    return stubs_->metrics.QueryMetrics(context, request, &response);
  });
  if (!status.ok()) return ToApiError(status, address_);
  return ToView(response);
}

Reply<std::vector<CheckpointView>> Client::ListCheckpoints(const std::string& id) {
  v1::ListCheckpointsRequest request;
  request.set_job("jobs/" + id);
  v1::ListCheckpointsResponse response;
  const auto call = [&](const v1::ListCheckpointsRequest& asked,
                        v1::ListCheckpointsResponse& page) {
    return stubs_->CallWithRetry([&](grpc::ClientContext* context) {
      return stubs_->checkpoints.ListCheckpoints(context, asked, &page);
    });
  };
  const grpc::Status status = ReadAllPages(request, response, call);
  if (!status.ok()) return ToApiError(status, address_);
  std::vector<CheckpointView> checkpoints;
  for (const v1::Checkpoint& checkpoint : response.checkpoints())
    checkpoints.push_back(ToView(checkpoint));
  return checkpoints;
}

Reply<ClusterView> Client::GetClusterStatus() {
  v1::ClusterStatus cluster;
  const grpc::Status status = stubs_->CallWithRetry([&](grpc::ClientContext* context) {
    return stubs_->cluster.GetClusterStatus(context, {}, &cluster);
  });
  if (!status.ok()) return ToApiError(status, address_);
  return ToView(cluster);
}

std::unique_ptr<Client::Watch> Client::WatchJob(const std::string& id,
                                                const std::string& resume_token) {
  return std::make_unique<JobStream>(stubs_->jobs, id, resume_token, address_);
}

}  // namespace descent
