#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// With the names of its files. Blocks on the disk.
Result<v1::ListCheckpointsResponse> ListCheckpoints(const Job& job);

// CheckpointService of proto/descent/v1/service.proto. Reads the disk on `blocking_threads`.
class CheckpointService final : public v1::CheckpointService::CallbackService {
 public:
  // Both outlive the server that this service is registered with.
  CheckpointService(Runtime& runtime, boost::asio::thread_pool& blocking_threads)
      : runtime_(runtime), blocking_threads_(blocking_threads) {}

  grpc::ServerUnaryReactor* ListCheckpoints(grpc::CallbackServerContext* context,
                                            const v1::ListCheckpointsRequest* request,
                                            v1::ListCheckpointsResponse* response) override;
  grpc::ServerWriteReactor<v1::DownloadCheckpointResponse>* DownloadCheckpoint(
      grpc::CallbackServerContext* context, const v1::DownloadCheckpointRequest* request) override;

 private:
  grpc::Status List(const v1::ListCheckpointsRequest& request,
                    v1::ListCheckpointsResponse* response);

  Runtime& runtime_;
  boost::asio::thread_pool& blocking_threads_;
};

}  // namespace descent
