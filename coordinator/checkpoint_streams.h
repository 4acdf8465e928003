#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/model_exporter.h"
#include "coordinator/runtime.h"
#include "coordinator/stream_set.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {

// CheckpointService.ExportCheckpoint. Blocks on `threads`; all arguments but the last one outlive
// the call. What it returns deletes itself when the call is over.
grpc::ServerWriteReactor<v1::ExportCheckpointResponse>* StartCheckpointExport(
    Runtime& runtime, ModelExporter& exporter, StreamSet& streams,
    boost::asio::thread_pool& threads, const grpc::CallbackServerContext& context,
    const v1::ExportCheckpointRequest& request);

}  // namespace descent
