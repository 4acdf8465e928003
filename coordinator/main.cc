#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/open_files.h"
#include "coordinator/admin_token_file.h"
#include "coordinator/authenticator.h"
#include "coordinator/grpc_servers.h"
#include "coordinator/http_backend.h"
#include "coordinator/http_gateway.h"
#include "coordinator/http_server.h"
#include "coordinator/job_pruner.h"
#include "coordinator/options.h"
#include "coordinator/runtime.h"
#include "coordinator/state_directory.h"
#include "coordinator/webhooks.h"
#include "rpc/grpc_setup.h"

namespace descent {
namespace {

constexpr char kAdminTokenFile[] = "admin-token";
constexpr timespec kHealthInterval{.tv_sec = 0, .tv_nsec = 500'000'000};

// The signals that end the program wait until somebody asks for them, in any thread started later.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error of one write, not the end
  return signals;
}

// False: the parent is gone already, so nobody would ever stop this process.
bool TieToParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  return getppid() == parent;
}

// Readers see the whole file or none.
Status WritePortsFile(const std::filesystem::path& path, const GrpcServers& grpc,
                      const HttpServer& http) {
  const nlohmann::json ports = {{"user", grpc.user_address().ToString()},
                                {"worker", grpc.worker_address().ToString()},
                                {"http", http.address().ToString()}};
  const std::filesystem::path temporary = path.string() + "." + std::to_string(getpid());
  DESCENT_RETURN_IF_ERROR(RemoveTree(temporary));
  DESCENT_RETURN_IF_ERROR(WriteNewFile(temporary, ports.dump() + "\n"));
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return Status(Code::kUnavailable, path.string() + ": " + error.message());
  return Status();
}

// Returns when one of `signals` has come. The next one ends the process at once.
void ServeUntil(const sigset_t& signals, const Runtime& runtime, GrpcServers& grpc) {
  int signal_number = -1;
  while ((signal_number = sigtimedwait(&signals, nullptr, &kHealthInterval)) < 0) {
    grpc.SetServing(runtime.Readiness().ok());
    grpc.EndStreamsOfFormerCallers();
    grpc.SendBookmarks();
  }
  LogInfo("stopping signal={}", signal_number);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

Status Serve(const CoordinatorOptions& options, const sigset_t& signals) {
  DESCENT_ASSIGN(const StateDirectory directory, StateDirectory::Lock(options.state_directory));
  DESCENT_RETURN_IF_ERROR(MakeDirectories(options.checkpoint_root));
  DESCENT_ASSIGN(const std::unique_ptr<Runtime> runtime,
                 Runtime::Start(directory.path(),
                                {.checkpoint_root = options.checkpoint_root.string(),
                                 .version = DESCENT_VERSION,
                                 .stall_timeout = options.stall_timeout,
                                 .resize_interval = options.resize_interval,
                                 .low_watermark = options.low_watermark,
                                 .start_timeout = options.start_timeout,
                                 .min_runtime = options.min_runtime,
                                 .keep_jobs_days = options.keep_jobs_days},
                                options.webhooks.events));
  DESCENT_ASSIGN(const std::unique_ptr<Webhooks> webhooks,
                 Webhooks::Start(runtime->store_path(), options.webhooks));
  DESCENT_ASSIGN(const std::unique_ptr<TokenStore> tokens, TokenStore::Open(runtime->store_path()));
  if (options.admission == Admission::kTokens)
    DESCENT_RETURN_IF_ERROR(
        EnsureAdminToken(directory.path() / kAdminTokenFile, *tokens, SecondsSinceEpoch()));
  const JobPruner pruner(*runtime);
  const Authenticator authenticator(*tokens, options.admission);
  CallCounters calls;
  HttpGateway gateway;
  HttpBackend backend = MakeHttpBackend(*runtime, calls, directory.path());
  backend.webhooks = [&webhooks] { return webhooks->Read(); };
  if (options.has_http_writes)
    backend.change = [&gateway](const JobChange& change) { return gateway.Make(change); };
  DESCENT_ASSIGN(std::unique_ptr<HttpServer> http,
                 HttpServer::Start(options.http, std::move(backend), authenticator, options.tls));
  const GrpcOptions grpc_options{options.user,
                                 options.worker,
                                 http->address().ToString(),
                                 options.tls,
                                 options.checkpoint_root.string(),
                                 options.limits,
                                 options.worker_program};
  DESCENT_ASSIGN(const std::unique_ptr<GrpcServers> grpc,
                 GrpcServers::Start(grpc_options, *runtime, *tokens, authenticator, calls));
  gateway.Connect(grpc->InProcessChannel());
  Status status;
  if (!options.ports_file.empty()) status = WritePortsFile(options.ports_file, *grpc, *http);
  if (status.ok()) {
    LogInfo("coordinator ready user={} worker={} http={} state={} checkpoints={}",
            grpc->user_address().ToString(), grpc->worker_address().ToString(),
            http->address().ToString(), directory.path().string(),
            options.checkpoint_root.string());
    ServeUntil(signals, *runtime, *grpc);
  }
  grpc->Shutdown();
  http.reset();
  return status;
}

int Main(int argc, const char* const* argv) {
  const pid_t parent = getppid();
  InitLog("coordinator");
  const Result<CoordinatorOptions> options = ParseCoordinatorOptions(argc, argv);
  if (!options.ok()) {
    std::cerr << "error: " << options.status().message() << "\n";
    return 2;
  }
  const sigset_t signals = BlockStopSignals();
  RaiseOpenFilesMax();  // one for each worker
  if (options.value().exits_with_parent && !TieToParent(parent)) return 0;
  SetUpGrpc();
  const Status status = Serve(options.value(), signals);
  if (!status.ok()) {
    std::cerr << "error: " << status.message() << "\n";
    return 1;
  }
  LogInfo("coordinator stopped");
  return 0;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
