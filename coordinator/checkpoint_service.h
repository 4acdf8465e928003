#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <variant>

#include "coordinator/model_exporter.h"
#include "coordinator/request_error.h"
#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// With the names of the files. Both block on the disk.
Result<v1::Checkpoint> ViewCheckpoint(const Job& job, const CheckpointRecord& checkpoint);
// One page, by step. PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
std::variant<v1::ListCheckpointsResponse, RequestError> ListCheckpointsPage(
    const v1::ListCheckpointsRequest& request, const Job& job);

// CheckpointService of proto/descent/v1/service.proto. Reads the disk on `blocking_threads`, except
// to verify: that takes long, so it has a thread of its own, on which one call waits for another.
class CheckpointService final : public v1::CheckpointService::CallbackService {
 public:
  // All outlive the server that this service is registered with. `worker_program` as
  // ModelExporter's.
  CheckpointService(Runtime& runtime, StreamSet& streams,
                    boost::asio::thread_pool& blocking_threads,
                    const std::filesystem::path& worker_program)
      : runtime_(runtime),
        streams_(streams),
        blocking_threads_(blocking_threads),
        exporter_(runtime.store_path().parent_path() / "exports", worker_program) {}

  grpc::ServerUnaryReactor* ListCheckpoints(grpc::CallbackServerContext* context,
                                            const v1::ListCheckpointsRequest* request,
                                            v1::ListCheckpointsResponse* response) override;
  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* context,
                                          const v1::GetCheckpointRequest* request,
                                          v1::Checkpoint* response) override;
  grpc::ServerUnaryReactor* UpdateCheckpoint(grpc::CallbackServerContext* context,
                                             const v1::UpdateCheckpointRequest* request,
                                             v1::Checkpoint* response) override;
  grpc::ServerUnaryReactor* DeleteCheckpoint(grpc::CallbackServerContext* context,
                                             const v1::DeleteCheckpointRequest* request,
                                             v1::DeleteCheckpointResponse* response) override;
  grpc::ServerUnaryReactor* VerifyCheckpoint(grpc::CallbackServerContext* context,
                                             const v1::VerifyCheckpointRequest* request,
                                             v1::VerifyCheckpointResponse* response) override;
  grpc::ServerWriteReactor<v1::DownloadCheckpointResponse>* DownloadCheckpoint(
      grpc::CallbackServerContext* context, const v1::DownloadCheckpointRequest* request) override;
  grpc::ServerWriteReactor<v1::ExportCheckpointResponse>* ExportCheckpoint(
      grpc::CallbackServerContext* context, const v1::ExportCheckpointRequest* request) override;

 private:
  grpc::Status List(const v1::ListCheckpointsRequest& request,
                    v1::ListCheckpointsResponse* response);
  grpc::Status Get(const std::string& name, v1::Checkpoint* response);
  grpc::Status Verify(const std::string& name, const grpc::CallbackServerContext& context,
                      v1::VerifyCheckpointResponse* response);
  void FinishWith(const std::string& name, v1::Checkpoint* response,
                  grpc::ServerUnaryReactor* reactor);
  void Delete(const State& state, const std::string& job_id, std::int64_t step,
              const Origin& origin, grpc::ServerUnaryReactor* reactor);

  Runtime& runtime_;
  StreamSet& streams_;
  boost::asio::thread_pool& blocking_threads_;
  ModelExporter exporter_;
  boost::asio::thread_pool verifying_thread_{1};
};

}  // namespace descent
