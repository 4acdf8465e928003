#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "common/limits.h"
#include "launch/mpirun_command.h"

// descent-launch becomes mpirun: who started it waits for, signals and reads mpirun itself.

namespace descent {
namespace {

constexpr int kExitError = 1;
constexpr int kExitUsage = 2;

// Signals SIGTERM to this process when its parent ends. The setting survives exec.
bool EndWithParent() {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // A parent that was gone before the call sends nothing any more.
  return getppid() == parent;
}

int BecomeMpirun(const PoolOptions& pool) {
  std::error_code error;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path worker = own.parent_path() / "descent-worker";
  if (error || access(worker.c_str(), X_OK) != 0) {
    std::fprintf(stderr, "error: %s is missing, must be beside descent-launch\n", worker.c_str());
    return kExitError;
  }
  std::vector<std::string> command =
      MpirunCommand(pool, {.worker_program = worker.string(), .is_root = geteuid() == 0});
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  if (errno == ENOENT) {
    std::fputs("error: mpirun is not installed; on Debian: apt-get install openmpi-bin\n", stderr);
  } else {
    std::fprintf(stderr, "error: cannot run mpirun: %s\n", std::strerror(errno));
  }
  return kExitError;
}

int Main(int argc, char** argv) {
  PoolOptions pool;
  bool exit_with_parent = false;
  CLI::App app(
      "Starts a pool of workers: mpirun with descent-worker.\nRun as: descent-launch -n 4 "
      "--coordinator HOST:PORT [--hostfile FILE] [-- OPTIONS OF mpirun]");
  app.add_option("-n", pool.ranks, "Workers to start")
      ->required()
      ->check(CLI::Range(1, limits::kWorldSizeMax));
  app.add_option("--coordinator", pool.coordinator, "HOST:PORT of its listener for workers")
      ->required();
  app.add_option("--hostfile", pool.host_file, "Hosts and their slots, as mpirun reads them");
  app.add_flag("--exit-with-parent", exit_with_parent, "End when the starting process ends");
  app.add_option("options", pool.mpirun_options, "Passed to mpirun, after --");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (exit_with_parent && !EndWithParent()) return kExitError;
  return BecomeMpirun(pool);
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
