#include "client/api/cluster_client.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "client/api/all_pages.h"
#include "client/api/channel.h"
#include "client/api/convert.h"
#include "common/limits.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {
namespace {

// Copying the state of many jobs takes as long as the disk needs.
constexpr std::chrono::hours kBackupTimeMax{1};

template <typename Request>
Request ClusterRequestFor(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

}  // namespace

struct ClusterClient::Stub {
  explicit Stub(const Endpoint& endpoint)
      : address(endpoint.address), channel(endpoint), cluster(channel.grpc()) {}

  // `method` of the service, which answers with a Response.
  template <typename Response, typename Method, typename Request>
  Reply<Response> Call(Method method, const Request& request) {
    Response response;
    const grpc::Status status = channel.CallWithRetry([&](grpc::ClientContext* context) {
      return (cluster.*method)(context, request, &response);
    });
    if (!status.ok()) return ToApiError(status, address);
    return response;
  }

  // The same, with the answer as the commands show it.
  template <typename View, typename Response, typename Method, typename Request>
  Reply<View> CallForView(Method method, const Request& request) {
    const Reply<Response> response = Call<Response>(method, request);
    if (!response.ok()) return response.error();
    return ToView(response.value());
  }

  const std::string address;
  const Channel channel;
  v1::ClusterService::Stub cluster;
};

ClusterClient::ClusterClient(const Endpoint& endpoint) : stub_(std::make_unique<Stub>(endpoint)) {}

ClusterClient::~ClusterClient() = default;

Reply<std::vector<PoolView>> ClusterClient::ListPools() {
  v1::ListPoolsResponse response;
  const auto call = [&](const v1::ListPoolsRequest& request, v1::ListPoolsResponse& page) {
    return stub_->channel.CallWithRetry([&](grpc::ClientContext* context) {
      return stub_->cluster.ListPools(context, request, &page);
    });
  };
  const grpc::Status status = ReadAllPages(v1::ListPoolsRequest(), response, call);
  if (!status.ok()) return ToApiError(status, stub_->address);
  std::vector<PoolView> pools;
  for (const v1::Pool& pool : response.pools()) pools.push_back(ToView(pool));
  return pools;
}

Reply<WorkerView> ClusterClient::CordonWorker(const std::string& name) {
  return stub_->CallForView<WorkerView, v1::Worker>(
      &v1::ClusterService::Stub::CordonWorker, ClusterRequestFor<v1::CordonWorkerRequest>(name));
}

Reply<WorkerView> ClusterClient::UncordonWorker(const std::string& name) {
  return stub_->CallForView<WorkerView, v1::Worker>(
      &v1::ClusterService::Stub::UncordonWorker,
      ClusterRequestFor<v1::UncordonWorkerRequest>(name));
}

Reply<WorkerView> ClusterClient::DrainWorker(const std::string& name) {
  return stub_->CallForView<WorkerView, v1::Worker>(
      &v1::ClusterService::Stub::DrainWorker, ClusterRequestFor<v1::DrainWorkerRequest>(name));
}

Reply<ServerInfoView> ClusterClient::GetServerInfo() {
  return stub_->CallForView<ServerInfoView, v1::ServerInfo>(
      &v1::ClusterService::Stub::GetServerInfo, v1::GetServerInfoRequest());
}

Reply<std::vector<AuditEventView>> ClusterClient::ListAuditEvents(int events_max) {
  std::vector<AuditEventView> events;
  v1::ListAuditEventsRequest request;
  do {
    request.set_page_size(
        std::min(events_max - static_cast<int>(events.size()), limits::kPageSizeMax));
    const auto page = stub_->Call<v1::ListAuditEventsResponse>(
        &v1::ClusterService::Stub::ListAuditEvents, request);
    if (!page.ok()) return page.error();
    for (const v1::AuditEvent& event : page.value().events()) events.push_back(ToView(event));
    request.set_page_token(page.value().next_page_token());
  } while (!request.page_token().empty() && std::ssize(events) < events_max);
  return events;
}

Reply<StateBackupView> ClusterClient::BackupState(const std::string& name) {
  const auto request = ClusterRequestFor<v1::BackupStateRequest>(name);
  v1::StateBackup response;
  const grpc::Status status = stub_->channel.CallOnce(
      [&](grpc::ClientContext* context) {
        return stub_->cluster.BackupState(context, request, &response);
      },
      kBackupTimeMax);
  if (!status.ok()) return ToApiError(status, stub_->address);
  return ToView(response);
}

}  // namespace descent
