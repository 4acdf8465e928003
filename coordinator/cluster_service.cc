#include "coordinator/cluster_service.h"

#include <boost/asio/post.hpp>

#include "coordinator/job_view.h"
#include "coordinator/request_error.h"

namespace descent {

grpc::ServerUnaryReactor* ClusterService::GetClusterStatus(grpc::CallbackServerContext* context,
                                                           const v1::GetClusterStatusRequest*,
                                                           v1::ClusterStatus* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(blocking_threads_,
                    [this, response, reactor] { reactor->Finish(Answer(response)); });
  return reactor;
}

grpc::Status ClusterService::Answer(v1::ClusterStatus* response) {
  const Result<ClusterSnapshot> snapshot = runtime_.Snapshot();
  if (!snapshot.ok()) return ToGrpcStatus(snapshot.status());
  response->set_version(DESCENT_VERSION);
  response->set_uptime_seconds(SecondsBetween(start_, MonotonicNow()));
  response->set_http_address(http_address_);
  for (const auto& [state, count] : CountJobsByState(snapshot.value()))
    (*response->mutable_jobs())[state] = count;
  for (const PoolView& pool : snapshot.value().pools)
    *response->add_pools() = ToProto(pool, snapshot.value().now);
  return grpc::Status::OK;
}

}  // namespace descent
