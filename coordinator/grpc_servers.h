#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server.h>

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "coordinator/auth_service.h"
#include "coordinator/authenticator.h"
#include "coordinator/call_counters.h"
#include "coordinator/call_gate.h"
#include "coordinator/checkpoint_service.h"
#include "coordinator/cluster_service.h"
#include "coordinator/guarded_service.h"
#include "coordinator/job_service.h"
#include "coordinator/listen_address.h"
#include "coordinator/metric_service.h"
#include "coordinator/tls.h"
#include "coordinator/unknown_methods.h"
#include "coordinator/user_limiter.h"
#include "coordinator/worker_service.h"

namespace descent {

struct GrpcOptions {
  ListenAddress user;
  ListenAddress worker;
  std::string http_address;       // told by GetClusterStatus
  std::optional<Tls> tls;         // none: plain text
  std::string checkpoint_root{};  // told by GetServerInfo
  UserLimits limits{};
  std::filesystem::path worker_program{};  // that exports models; empty: the one beside this
  std::chrono::milliseconds bookmark_interval{15'000};  // of streams that have nothing to send
};

// The two gRPC listeners, of users and of workers, with health checking; reflection
// is for users of a coordinator without tokens. Any thread.
class GrpcServers {
 public:
  // The others outlive the result. kUnavailable names the address and the flag that chooses
  // another.
  static Result<std::unique_ptr<GrpcServers>> Start(const GrpcOptions& options, Runtime& runtime,
                                                    TokenStore& tokens,
                                                    const Authenticator& authenticator,
                                                    CallCounters& counters);
  ~GrpcServers();  // after Shutdown

  // With the ports that were chosen.
  const ListenAddress& user_address() const { return user_address_; }
  const ListenAddress& worker_address() const { return worker_address_; }

  // The way to the user services from inside the process.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // What grpc.health.v1 answers, of each server and of each of its services.
  void SetServing(bool is_serving);

  // Ends the streams whose token has expired or was revoked: to be called again and again.
  void EndStreamsOfFormerCallers();

  // Lets streams that were quiet for long say that all is well: to be called again and again.
  void SendBookmarks() { streams_.SendBookmarks(); }

  // From now on calls are refused with SERVER_DRAINING, and open streams end with it. Those that
  // are under way finish.
  void Drain();

  // Drains, lets calls finish for at most ten seconds, and stops.
  void Shutdown();

 private:
  GrpcServers(const GrpcOptions& options, Runtime& runtime, TokenStore& tokens,
              const Authenticator& authenticator, CallCounters& counters);
  Status StartUserServer();
  Status StartWorkerServer();

  Runtime& runtime_;
  const Authenticator& authenticator_;
  CallCounters& counters_;
  const std::optional<Tls> tls_;
  ListenAddress user_address_;
  ListenAddress worker_address_;
  CallGate gate_;
  UserLimiter limiter_;
  StreamSet streams_;
  boost::asio::thread_pool blocking_threads_;
  JobService job_service_;
  MetricService metric_service_;
  CheckpointService checkpoint_service_;
  ClusterService cluster_service_;
  AuthService auth_service_;
  WorkerService worker_service_;
  // What the servers register: each of the services behind the check of who calls.
  std::deque<GuardedService> user_services_;
  GuardedService guarded_worker_service_;
  // One for each server, as gRPC wants it.
  UnknownMethods unknown_user_methods_;
  UnknownMethods unknown_worker_methods_;
  std::unique_ptr<grpc::Server> user_server_;
  std::unique_ptr<grpc::Server> worker_server_;
};

}  // namespace descent
