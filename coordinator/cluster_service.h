#pragma once

#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <string>

#include "coordinator/runtime.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// What is told of the server beside what it knows of jobs and workers.
struct ServerFacts {
  std::string http_address;
  std::string checkpoint_root;
  bool requires_tokens = false;
};

// ClusterService of proto/descent/v1/service.proto. What copies much or uses the disk does so on
// `blocking_threads`.
class ClusterService final : public v1::ClusterService::CallbackService {
 public:
  // Both outlive the server that this service is registered with.
  ClusterService(Runtime& runtime, boost::asio::thread_pool& blocking_threads, ServerFacts facts)
      : runtime_(runtime), blocking_threads_(blocking_threads), facts_(std::move(facts)) {}

  grpc::ServerUnaryReactor* GetClusterStatus(grpc::CallbackServerContext* context,
                                             const v1::GetClusterStatusRequest* request,
                                             v1::ClusterStatus* response) override;
  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::ServerInfo* response) override;
  grpc::ServerUnaryReactor* ListPools(grpc::CallbackServerContext* context,
                                      const v1::ListPoolsRequest* request,
                                      v1::ListPoolsResponse* response) override;
  grpc::ServerUnaryReactor* ListWorkers(grpc::CallbackServerContext* context,
                                        const v1::ListWorkersRequest* request,
                                        v1::ListWorkersResponse* response) override;
  grpc::ServerUnaryReactor* CordonWorker(grpc::CallbackServerContext* context,
                                         const v1::CordonWorkerRequest* request,
                                         v1::Worker* response) override;
  grpc::ServerUnaryReactor* UncordonWorker(grpc::CallbackServerContext* context,
                                           const v1::UncordonWorkerRequest* request,
                                           v1::Worker* response) override;
  grpc::ServerUnaryReactor* DrainWorker(grpc::CallbackServerContext* context,
                                        const v1::DrainWorkerRequest* request,
                                        v1::Worker* response) override;
  grpc::ServerUnaryReactor* BackupState(grpc::CallbackServerContext* context,
                                        const v1::BackupStateRequest* request,
                                        v1::StateBackup* response) override;
  grpc::ServerUnaryReactor* ListAuditEvents(grpc::CallbackServerContext* context,
                                            const v1::ListAuditEventsRequest* request,
                                            v1::ListAuditEventsResponse* response) override;

 private:
  grpc::Status Answer(v1::ClusterStatus* response);
  grpc::ServerUnaryReactor* Command(grpc::CallbackServerContext* context, const std::string& name,
                                    WorkerCommand command, v1::Worker* response);
  grpc::Status ListAudit(const v1::ListAuditEventsRequest& request,
                         v1::ListAuditEventsResponse* response);
  grpc::Status BackUp(const std::string& name, v1::StateBackup* response);

  Runtime& runtime_;
  boost::asio::thread_pool& blocking_threads_;
  const ServerFacts facts_;
  const MonotonicTime start_ = MonotonicNow();
  const WallTime start_time_ = WallNow();
  std::mutex backup_;  // held while one is made
};

}  // namespace descent
