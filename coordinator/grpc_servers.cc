#include "coordinator/grpc_servers.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <utility>
#include <vector>

#include "common/limits.h"
#include "common/ping_interval.h"
#include "coordinator/call_context.h"
#include "coordinator/call_counting.h"
#include "coordinator/request_error.h"

namespace descent {
namespace {

constexpr int kBlockingThreads = 4;
// What is read before a caller is known is bounded: per connection, and of all together.
constexpr int kCallsPerConnectionMax = 128;
constexpr std::size_t kMemoryMax = std::size_t{512} << 20;
constexpr std::chrono::seconds kShutdownTime{10};  // for calls that are under way

struct ConnectionOptions {
  PingIntervals pings;
  bool pings_without_calls;
  std::optional<std::chrono::milliseconds> age_max;  // none: they last
};
// How long the calls of a connection that has reached its age may go on.
constexpr std::chrono::milliseconds kAgeGrace{60'000};
// A connection of users ends one day, so that what its other end has forgotten does not stay for
// ever. Clients connect anew and resume their streams.
constexpr ConnectionOptions kUserConnections{kUserPings, false, std::chrono::hours(4)};
// Worker streams are quiet between grants, yet a dead peer must be noticed. They have no age: the
// end of one is the end of an attempt.
constexpr ConnectionOptions kWorkerConnections{kWorkerPings, true, std::nullopt};

// grpc.health.v1 answers for a server as a whole, and for each service that it is told of.
void TellHealth(grpc::Server& server, const GuardedService& service) {
  server.GetHealthCheckService()->SetServingStatus(service.name(), true);
}

void SetMilliseconds(grpc::ServerBuilder& builder, const char* argument,
                     std::chrono::milliseconds value) {
  builder.AddChannelArgument(argument, static_cast<int>(value.count()));
}

void Configure(grpc::ServerBuilder& builder, const ConnectionOptions& connections,
               CallCounters& counters) {
  // Two coordinators on one port would each get half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  SetMilliseconds(builder, GRPC_ARG_KEEPALIVE_TIME_MS, connections.pings.interval);
  SetMilliseconds(builder, GRPC_ARG_KEEPALIVE_TIMEOUT_MS, connections.pings.timeout);
  SetMilliseconds(builder, GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                  connections.pings.accepted);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS,
                             connections.pings_without_calls);
  if (connections.age_max) {
    SetMilliseconds(builder, GRPC_ARG_MAX_CONNECTION_AGE_MS, *connections.age_max);
    SetMilliseconds(builder, GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kAgeGrace);
  }
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kCallsPerConnectionMax);
  builder.SetResourceQuota(grpc::ResourceQuota("coordinator").Resize(kMemoryMax));
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits::kMessageBytesMax));
  builder.SetContextAllocator(std::make_unique<CallContextAllocator>());
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(MakeCallCounting(counters));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
}

// Leaves gRPC's reflection out of a server. It answers whoever asks and cannot be guarded; its
// plugin is one for all servers of the process.
class NoReflection final : public grpc::ServerBuilderOption {
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins,
                  [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
  }
};

// By TLS 1.2 or later, which is gRPC's least. With `client_ca` the peer must have a certificate.
std::shared_ptr<grpc::ServerCredentials> TransportOf(const std::optional<Tls>& tls,
                                                     const std::string& client_ca) {
  if (!tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({tls->key, tls->certificates});
  options.pem_root_certs = client_ca;
  if (!client_ca.empty())
    options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  return grpc::SslServerCredentials(options);
}

// Starts what `builder` describes on `address`, which gets the port that was chosen.
Result<std::unique_ptr<grpc::Server>> Listen(
    grpc::ServerBuilder& builder, ListenAddress& address, std::string_view flag,
    const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  int port = 0;
  builder.AddListeningPort(address.ToString(), credentials, &port);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return ExplainListenFailure(address, flag);
  address.port = port;
  return server;
}

}  // namespace

Result<std::unique_ptr<GrpcServers>> GrpcServers::Start(const GrpcOptions& options,
                                                        Runtime& runtime, TokenStore& tokens,
                                                        const Authenticator& authenticator,
                                                        CallCounters& counters) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<GrpcServers> servers(  // NOLINT: private constructor
      new GrpcServers(options, runtime, tokens, authenticator, counters));
  Status status = servers->StartUserServer();
  if (status.ok()) status = servers->StartWorkerServer();
  if (!status.ok()) {
    servers->Shutdown();
    return status;
  }
  return servers;
}

GrpcServers::GrpcServers(const GrpcOptions& options, Runtime& runtime, TokenStore& tokens,
                         const Authenticator& authenticator, CallCounters& counters)
    : runtime_(runtime),
      authenticator_(authenticator),
      counters_(counters),
      tls_(options.tls),
      user_address_(options.user),
      worker_address_(options.worker),
      limiter_(options.limits),
      streams_(options.bookmark_interval),
      blocking_threads_(kBlockingThreads),
      job_service_(runtime, limiter_, streams_, blocking_threads_),
      metric_service_(runtime, streams_, blocking_threads_),
      checkpoint_service_(runtime, streams_, blocking_threads_, options.worker_program),
      cluster_service_(runtime, blocking_threads_,
                       {.http_address = options.http_address,
                        .checkpoint_root = options.checkpoint_root,
                        .requires_tokens = authenticator.admission() == Admission::kTokens}),
      auth_service_(tokens, blocking_threads_),
      worker_service_(runtime, streams_, blocking_threads_),
      guarded_worker_service_(worker_service_, v1::WorkerService::service_full_name(), gate_,
                              authenticator, /*limiter=*/nullptr, counters) {
  const auto guard = [&](grpc::Service& service, const char* full_name) {
    user_services_.emplace_back(service, full_name, gate_, authenticator, &limiter_, counters);
  };
  guard(job_service_, v1::JobService::service_full_name());
  guard(metric_service_, v1::MetricService::service_full_name());
  guard(checkpoint_service_, v1::CheckpointService::service_full_name());
  guard(cluster_service_, v1::ClusterService::service_full_name());
  guard(auth_service_, v1::AuthService::service_full_name());
}

GrpcServers::~GrpcServers() = default;

Status GrpcServers::StartUserServer() {
  grpc::ServerBuilder builder;
  Configure(builder, kUserConnections, counters_);
  // Where tokens are asked for, clients bring the proto files.
  if (authenticator_.admission() != Admission::kEverybody)
    builder.SetOption(std::make_unique<NoReflection>());
  for (GuardedService& service : user_services_) builder.RegisterService(&service);
  builder.RegisterCallbackGenericService(&unknown_user_methods_);
  DESCENT_ASSIGN(user_server_, Listen(builder, user_address_, "--listen", TransportOf(tls_, "")));
  for (const GuardedService& service : user_services_) TellHealth(*user_server_, service);
  return Status();
}

Status GrpcServers::StartWorkerServer() {
  grpc::ServerBuilder builder;
  Configure(builder, kWorkerConnections, counters_);
  builder.SetOption(std::make_unique<NoReflection>());
  builder.RegisterService(&guarded_worker_service_);
  builder.RegisterCallbackGenericService(&unknown_worker_methods_);
  const auto credentials = TransportOf(tls_, tls_ ? tls_->worker_ca : "");
  DESCENT_ASSIGN(worker_server_, Listen(builder, worker_address_, "--worker-listen", credentials));
  TellHealth(*worker_server_, guarded_worker_service_);
  return Status();
}

std::shared_ptr<grpc::Channel> GrpcServers::InProcessChannel() {
  return user_server_->InProcessChannel(grpc::ChannelArguments());
}

void GrpcServers::SetServing(bool is_serving) {
  user_server_->GetHealthCheckService()->SetServingStatus(is_serving);
  worker_server_->GetHealthCheckService()->SetServingStatus(is_serving);
}

void GrpcServers::EndStreamsOfFormerCallers() {
  const double now = SecondsOfCalendar();
  streams_.EndWhere([&](const Caller& caller) -> std::optional<grpc::Status> {
    const std::optional<AccessError> error = authenticator_.CheckAgain(caller, now);
    if (!error) return std::nullopt;
    return ToGrpcStatus(*error);
  });
}

void GrpcServers::Drain() {
  for (grpc::Server* server : {user_server_.get(), worker_server_.get()})
    if (server != nullptr) server->GetHealthCheckService()->SetServingStatus(false);
  runtime_.BeginStop();
  const grpc::Status draining = ToGrpcStatus(ServerDraining());
  gate_.Close(draining);
  streams_.EndAll(draining);
}

void GrpcServers::Shutdown() {
  const auto deadline = std::chrono::system_clock::now() + kShutdownTime;
  Drain();
  // A server that is shut down refuses without a word, so that comes last.
  gate_.WaitUntilEmpty(deadline);
  for (grpc::Server* server : {user_server_.get(), worker_server_.get()})
    if (server != nullptr) server->Shutdown(deadline);
  blocking_threads_.join();
}

}  // namespace descent
