#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/find_program.h"
#include "common/job_id.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/option_number.h"
#include "launch/pool_processes.h"
#include "launch/rank_wrapper.h"
#include "launch/supervisor.h"
#include "rpc/credential_options.h"
#include "rpc/grpc_setup.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr int kExitError = 1;
constexpr int kExitUsage = 2;

// Signals SIGTERM to this process when its parent ends.
bool EndWithParent() {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // A parent that was gone before the call sends nothing any more.
  return getppid() == parent;
}

std::optional<LaunchSite> FindPrograms() {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  const fs::path worker = own.parent_path() / "descent-worker";
  if (error || access(worker.c_str(), X_OK) != 0) {
    std::fprintf(stderr, "error: %s is missing, must be beside descent-launch\n", worker.c_str());
    return std::nullopt;
  }
  const std::string mpirun = FindProgram("mpirun");
  if (mpirun.empty()) {
    std::fputs("error: mpirun is not installed; on Debian: apt-get install openmpi-bin\n", stderr);
    return std::nullopt;
  }
  return LaunchSite{.mpirun_program = mpirun,
                    .launch_program = own.string(),
                    .worker_program = worker.string(),
                    .is_root = geteuid() == 0};
}

int Main(int argc, char** argv) {
  SetUpGrpc();
  PoolOptions pool;
  std::optional<int> restarts_max;
  int probe_interval = static_cast<int>(pool.probe_interval.count());
  CLI::App app(
      "Starts a pool of workers and keeps it up: mpirun with descent-worker.\nRun as: "
      "descent-launch -n 4 --coordinator HOST:PORT [--hosts FILE] [-- OPTIONS OF mpirun]");
  app.add_option("-n", pool.ranks, "Workers to start")
      ->required()
      ->check(CLI::Range(1, limits::kWorldSizeMax));
  app.add_option("--coordinator", pool.coordinator, "HOST:PORT of its listener for workers")
      ->required();
  AddCredentialOptions(app, pool.credentials);
  app.add_option(
      "--job", pool.only_job,
      "Serve this job alone and end when it is over, with what its workers leave with: "
      "0 if it SUCCEEDED, 3 if it FAILED, 8 if it was CANCELLED, 75 if it goes on later");
  app.add_option("--hosts,--hostfile", pool.host_file,
                 "File of hosts and their slots, as mpirun reads it");
  app.add_option("--restarts-max", restarts_max, "Give up after so many restarts [no bound]")
      ->check(NonNegativeNumber());
  app.add_option("--probe-interval", probe_interval,
                 "Seconds between two looks whether a host that was left out is back; 0: none is "
                 "left out")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  app.add_option("--leave-timeout", pool.leave_timeout_seconds,
                 "Seconds that each worker may take to save the state of its job when it leaves")
      ->envname("DESCENT_LEAVE_TIMEOUT")
      ->check(CLI::Range(0, limits::kLeaveSecondsMax));
  app.add_flag("--exit-with-parent", pool.ends_with_parent, "End when the starting process ends");
  app.add_option("--profile", pool.profile.directory,
                 "Directory where each worker writes a trace of some steps of its jobs");
  app.add_option("--profile-steps", pool.profile.steps, "Steps that are recorded")
      ->check(PositiveNumber());
  app.add_option("--profile-warmup", pool.profile.warmup_steps, "Steps that run before those")
      ->check(NonNegativeNumber());
  app.add_option("options", pool.mpirun_options, "Passed to mpirun, after --");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  pool.probe_interval = std::chrono::seconds(probe_interval);
  if (!pool.only_job.empty() && !IsJobId(pool.only_job)) {
    std::fprintf(stderr, "error: --job: %s is not a job's id: 1 to 63 characters of [a-z0-9-]\n",
                 pool.only_job.c_str());
    return kExitUsage;
  }
  const Result<Credentials> credentials = ReadCredentials(pool.credentials, pool.coordinator);
  if (!credentials.ok()) {
    std::fprintf(stderr, "error: %s\n", credentials.status().message().c_str());
    return kExitUsage;
  }
  InitLog("launch");
  const StopSignals signals;
  if (pool.ends_with_parent && !EndWithParent()) return kExitError;
  const std::optional<LaunchSite> site = FindPrograms();
  if (!site) return kExitError;
  return KeepPoolUp(pool, credentials.value(), *site, restarts_max, signals).value_or(kExitError);
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  if (argc > 2 && std::string_view(argv[1]) == descent::kRankWrapperFlag)
    return descent::RunRank({argv + 2, argv + argc});
  return descent::Main(argc, argv);
}
