#include "coordinator/grpc_servers.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <chrono>

#include "common/limits.h"

namespace descent {
namespace {

constexpr int kBlockingThreads = 4;
constexpr std::chrono::seconds kShutdownTime{1};
constexpr std::chrono::milliseconds kKeepaliveTimeout{10000};

struct KeepaliveOptions {
  std::chrono::milliseconds time;               // of our own pings
  std::chrono::milliseconds peer_interval_min;  // of the peer's; below the client's keepalive time
  bool without_calls;
};
constexpr KeepaliveOptions kUserKeepalive{std::chrono::seconds(60), std::chrono::seconds(30),
                                          false};
// Worker streams are quiet between grants, yet a dead peer must be noticed.
constexpr KeepaliveOptions kWorkerKeepalive{std::chrono::seconds(20), std::chrono::seconds(10),
                                            true};

void Configure(grpc::ServerBuilder& builder, const KeepaliveOptions& keepalive) {
  // Two coordinators on one port would each get half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(keepalive.time.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             static_cast<int>(kKeepaliveTimeout.count()));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             static_cast<int>(keepalive.peer_interval_min.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, keepalive.without_calls);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits::kMessageBytesMax));
}

// Starts what `builder` describes on `address`, which gets the port that was chosen.
Result<std::unique_ptr<grpc::Server>> Listen(grpc::ServerBuilder& builder, ListenAddress& address,
                                             std::string_view flag) {
  int port = 0;
  builder.AddListeningPort(address.ToString(), grpc::InsecureServerCredentials(), &port);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return ExplainListenFailure(address, flag);
  address.port = port;
  return server;
}

}  // namespace

Result<std::unique_ptr<GrpcServers>> GrpcServers::Start(const GrpcOptions& options,
                                                        Runtime& runtime) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<GrpcServers> servers(  // NOLINT: private constructor
      new GrpcServers(options, runtime));
  Status status = servers->StartUserServer();
  if (status.ok()) status = servers->StartWorkerServer();
  if (!status.ok()) {
    servers->Shutdown();
    return status;
  }
  return servers;
}

GrpcServers::GrpcServers(const GrpcOptions& options, Runtime& runtime)
    : runtime_(runtime),
      user_address_(options.user),
      worker_address_(options.worker),
      blocking_threads_(kBlockingThreads),
      job_service_(runtime, streams_, blocking_threads_),
      metric_service_(runtime, blocking_threads_),
      checkpoint_service_(runtime, blocking_threads_),
      cluster_service_(runtime, blocking_threads_, options.http_address),
      worker_service_(runtime, streams_, blocking_threads_) {}

GrpcServers::~GrpcServers() = default;

Status GrpcServers::StartUserServer() {
  grpc::ServerBuilder builder;
  Configure(builder, kUserKeepalive);
  builder.RegisterService(&job_service_);
  builder.RegisterService(&metric_service_);
  builder.RegisterService(&checkpoint_service_);
  builder.RegisterService(&cluster_service_);
  DESCENT_ASSIGN(user_server_, Listen(builder, user_address_, "--listen"));
  return Status();
}

Status GrpcServers::StartWorkerServer() {
  grpc::ServerBuilder builder;
  Configure(builder, kWorkerKeepalive);
  builder.RegisterService(&worker_service_);
  DESCENT_ASSIGN(worker_server_, Listen(builder, worker_address_, "--worker-listen"));
  return Status();
}

void GrpcServers::SetServing(bool is_serving) {
  user_server_->GetHealthCheckService()->SetServingStatus(is_serving);
  worker_server_->GetHealthCheckService()->SetServingStatus(is_serving);
}

void GrpcServers::Shutdown() {
  const auto deadline = std::chrono::system_clock::now() + kShutdownTime;
  for (grpc::Server* server : {user_server_.get(), worker_server_.get()})
    if (server != nullptr) server->GetHealthCheckService()->SetServingStatus(false);
  runtime_.ForgetSessions();
  streams_.EndAll(Status(Code::kUnavailable, "the coordinator is stopping"));
  for (grpc::Server* server : {user_server_.get(), worker_server_.get()})
    if (server != nullptr) server->Shutdown(deadline);
  blocking_threads_.join();
}

}  // namespace descent
