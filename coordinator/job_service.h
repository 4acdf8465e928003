#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "coordinator/job_selection.h"
#include "coordinator/job_watch.h"
#include "coordinator/request_error.h"
#include "coordinator/role.h"
#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "coordinator/user_limiter.h"
#include "coordinator/watch_resume.h"
#include "descent/v1/service.grpc.pb.h"
#include "proto/job_file.h"

namespace descent {

// JobService of proto/descent/v1/service.proto. Handlers post to the runtime and answer on its
// thread; what copies many jobs or reads the disk does so on `blocking_threads`.
class JobService final : public v1::JobService::CallbackService {
 public:
  // All outlive the server that this service is registered with.
  JobService(Runtime& runtime, const UserLimiter& limiter, StreamSet& streams,
             boost::asio::thread_pool& blocking_threads)
      : runtime_(runtime),
        limiter_(limiter),
        streams_(streams),
        blocking_threads_(blocking_threads) {}

  grpc::ServerUnaryReactor* CreateJob(grpc::CallbackServerContext* context,
                                      const v1::CreateJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* ForkJob(grpc::CallbackServerContext* context,
                                    const v1::ForkJobRequest* request, v1::Job* response) override;
  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context,
                                   const v1::GetJobRequest* request, v1::Job* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context,
                                     const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* ListJobAttempts(grpc::CallbackServerContext* context,
                                            const v1::ListJobAttemptsRequest* request,
                                            v1::ListJobAttemptsResponse* response) override;
  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* context,
                                      const v1::CancelJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* CancelJobs(grpc::CallbackServerContext* context,
                                       const v1::CancelJobsRequest* request,
                                       v1::CancelJobsResponse* response) override;
  grpc::ServerUnaryReactor* SuspendJob(grpc::CallbackServerContext* context,
                                       const v1::SuspendJobRequest* request,
                                       v1::Job* response) override;
  grpc::ServerUnaryReactor* ResumeJob(grpc::CallbackServerContext* context,
                                      const v1::ResumeJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* StopJob(grpc::CallbackServerContext* context,
                                    const v1::StopJobRequest* request, v1::Job* response) override;
  grpc::ServerUnaryReactor* CheckpointJob(grpc::CallbackServerContext* context,
                                          const v1::CheckpointJobRequest* request,
                                          v1::Job* response) override;
  grpc::ServerUnaryReactor* UpdateJob(grpc::CallbackServerContext* context,
                                      const v1::UpdateJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* DeleteJob(grpc::CallbackServerContext* context,
                                      const v1::DeleteJobRequest* request,
                                      v1::DeleteJobResponse* response) override;
  grpc::ServerUnaryReactor* ListJobEvents(grpc::CallbackServerContext* context,
                                          const v1::ListJobEventsRequest* request,
                                          v1::ListJobEventsResponse* response) override;
  grpc::ServerWriteReactor<v1::Job>* WatchJobs(grpc::CallbackServerContext* context,
                                               const v1::WatchJobsRequest* request) override;
  grpc::ServerWriteReactor<v1::StreamJobLogsResponse>* StreamJobLogs(
      grpc::CallbackServerContext* context, const v1::StreamJobLogsRequest* request) override;

 private:
  // A call that makes a job. The request is gRPC's, or made from that of a ForkJob.
  struct Creation {
    std::shared_ptr<const v1::CreateJobRequest> request;
    const Caller& caller;
    v1::Job* response;
    grpc::ServerUnaryReactor* reactor;
  };
  // It goes through these: job_service_create.cc.
  void Begin(const Creation& creation);
  void Create(const State& state, const Creation& creation, std::optional<JobFile> file);
  void SubmitUnlessKept(const Creation& creation, const SubmitJob& submit,
                        const std::string& checkpoints);
  void Submit(const Creation& creation, const SubmitJob& submit);

  grpc::ServerUnaryReactor* Command(grpc::CallbackServerContext* context, const std::string& name,
                                    JobCommand command, v1::Job* response);
  void Cancel(const State& state, const v1::CancelJobsRequest& request,
              const JobSelection& selection, const Caller& caller, v1::CancelJobsResponse* response,
              grpc::ServerUnaryReactor* reactor);  // job_service_cancel.cc
  void Delete(const std::string& job_id, const v1::DeleteJobRequest& request, const Origin& origin,
              grpc::ServerUnaryReactor* reactor);
  std::optional<RequestError> Watch(const std::shared_ptr<JobWatch>& watch,
                                    const v1::WatchJobsRequest& request);
  void ReleasePassed(const std::shared_ptr<JobWatch>& watch, const std::string& job_id,
                     const PassedStates& states);
  void ReadJob(const std::string& name, grpc::ServerUnaryReactor* reactor,
               std::function<void(const Job& job, const State& state)> answer);

  Runtime& runtime_;
  const UserLimiter& limiter_;
  StreamSet& streams_;
  boost::asio::thread_pool& blocking_threads_;
};

}  // namespace descent
