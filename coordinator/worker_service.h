#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "descent/v1/worker.grpc.pb.h"

namespace descent {

// WorkerService of proto/descent/v1/worker.proto: one stream for each rank. What a worker says
// becomes an event; what the runtime sends waits in the stream's queue, with one write at a time.
class WorkerService final : public v1::WorkerService::CallbackService {
 public:
  // All outlive the server that this service is registered with.
  WorkerService(Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& blocking_threads)
      : runtime_(runtime), streams_(streams), blocking_threads_(blocking_threads) {}

  grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>* Connect(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>* PushLogs(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* ReportRankExit(grpc::CallbackServerContext* context,
                                           const v1::RankExit* request,
                                           v1::ReportRankExitResponse* response) override;

 private:
  Runtime& runtime_;
  StreamSet& streams_;
  boost::asio::thread_pool& blocking_threads_;
};

}  // namespace descent
