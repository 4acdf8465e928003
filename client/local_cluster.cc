#include "client/local_cluster.h"

#include <spdlog/fmt/fmt.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "client/interrupt.h"
#include "common/file.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kListenTimeout{20};
constexpr std::chrono::milliseconds kClusterPollInterval{20};
constexpr std::chrono::seconds kStopGrace{5};
constexpr int kTailLines = 15;
constexpr std::size_t kLogsKept = 40;  // files; two of each run

// The names begin with the time, so the oldest come first.
void RemoveOldLogs(const fs::path& logs) {
  const Result<std::vector<std::string>> names = ListDirectory(logs);
  if (!names.ok()) return;
  for (std::size_t i = 0; i + kLogsKept < names.value().size(); ++i) {
    std::error_code ignored;
    fs::remove(logs / names.value()[i], ignored);
  }
}

}  // namespace

std::string DefaultStateDirectory() {
  const char* const state_home = std::getenv("XDG_STATE_HOME");
  if (state_home != nullptr && *state_home != '\0') return std::string(state_home) + "/descent";
  const char* const home = std::getenv("HOME");
  const bool has_home = home != nullptr && *home != '\0';
  return std::string(has_home ? home : ".") + "/.local/state/descent";
}

LocalCluster::LocalCluster(fs::path state, LocalAddresses addresses)
    : state_(std::move(state)), addresses_(std::move(addresses)) {}

LocalCluster::~LocalCluster() {
  // An impatient second Ctrl-C ends the wait.
  const auto grace = InterruptCount() > 1 ? std::chrono::seconds(0) : kStopGrace;
  if (workers_) workers_->Stop(grace);
  if (coordinator_) coordinator_->Stop(grace);
  RemoveTemporary();
}

Result<std::unique_ptr<LocalCluster>> LocalCluster::Start(const fs::path& state_directory,
                                                          LocalAddresses addresses) {
  std::unique_ptr<LocalCluster> cluster(
      new LocalCluster(state_directory, std::move(addresses)));  // NOLINT
  DESCENT_RETURN_IF_ERROR(MakeDirectories(cluster->Logs()));
  RemoveOldLogs(cluster->Logs());
  DESCENT_RETURN_IF_ERROR(cluster->StartCoordinator());
  return cluster;
}

// Blocks until it listens.
Status LocalCluster::StartCoordinator() {
  DESCENT_ASSIGN(const fs::path program, ProgramBeside("descent-coordinator"));
  DESCENT_ASSIGN(temporary_, MakeTemporaryDirectory());
  const std::vector<std::string> arguments = {program.string(),
                                              "--listen",
                                              addresses_.user,
                                              "--worker-listen",
                                              addresses_.worker,
                                              "--http",
                                              addresses_.http,
                                              "--state-dir",
                                              state_.string(),
                                              "--ports-file",
                                              (temporary_ / "ports.json").string(),
                                              "--exit-with-parent"};
  DESCENT_ASSIGN(ChildProcess child, ChildProcess::Start(arguments, LogFile("coordinator")));
  coordinator_.emplace(std::move(child));
  DESCENT_RETURN_IF_ERROR(WaitForPorts());
  // It has served; so not even a run that is killed leaves it behind.
  RemoveTemporary();
  return Status();
}

void LocalCluster::RemoveTemporary() {
  if (temporary_.empty()) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  temporary_.clear();
}

Status LocalCluster::WaitForPorts() {
  const auto deadline = std::chrono::steady_clock::now() + kListenTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (InterruptCount() > 0) return Status(Code::kCancelled, "interrupted");
    if (const auto dead = FindDeadChild()) return Status(Code::kUnavailable, *dead);
    if (const Result<std::string> text = ReadFile(temporary_ / "ports.json"); text.ok()) {
      const auto ports = nlohmann::json::parse(text.value(), nullptr, /*allow_exceptions=*/false);
      if (!ports.is_object()) return Status(Code::kInternal, "the ports file is no JSON object");
      addresses_ = {.user = ports.value("user", ""),
                    .worker = ports.value("worker", ""),
                    .http = ports.value("http", "")};
      return Status();
    }
    std::this_thread::sleep_for(kClusterPollInterval);
  }
  return Status(Code::kUnavailable,
                "the coordinator does not listen after 20 s; the last lines of " +
                    coordinator_->log().string() + ":\n" + TailOf(coordinator_->log(), kTailLines));
}

Status LocalCluster::StartWorkers(int ranks, const ProfileOptions& profile) {
  DESCENT_ASSIGN(const fs::path program, ProgramBeside("descent-launch"));
  std::vector<std::string> arguments = {program.string(),      "-n",
                                        std::to_string(ranks), "--coordinator",
                                        addresses_.worker,     "--exit-with-parent"};
  const std::vector<std::string> profiling = ArgumentsOf(profile);
  arguments.insert(arguments.end(), profiling.begin(), profiling.end());
  DESCENT_ASSIGN(ChildProcess child, ChildProcess::Start(arguments, LogFile("workers")));
  workers_.emplace(std::move(child));
  return Status();
}

Status LocalCluster::StartLoneWorker() {
  DESCENT_ASSIGN(const fs::path program, ProgramBeside("descent-worker"));
  // MPI then looks for none of its own programs.
  setenv("OMPI_MCA_ess_singleton_isolated", "1", /*overwrite=*/1);
  DESCENT_ASSIGN(ChildProcess child,
                 ChildProcess::Start({program.string(), "--coordinator", addresses_.worker},
                                     LogFile("workers")));
  workers_.reset();
  workers_.emplace(std::move(child));
  has_lone_worker_ = true;
  return Status();
}

Result<std::string> LocalCluster::Revive() {
  std::string back;
  if (coordinator_ && coordinator_->HasEnded()) {
    back = fmt::format("the coordinator ended with {}", coordinator_->EndText());
    coordinator_.reset();
    DESCENT_RETURN_IF_ERROR(StartCoordinator());
  }
  if (has_lone_worker_ && workers_->HasEnded()) {
    back +=
        fmt::format("{}the worker ended with {}", back.empty() ? "" : "; ", workers_->EndText());
    DESCENT_RETURN_IF_ERROR(StartLoneWorker());
  }
  return back;
}

std::optional<std::string> LocalCluster::FindDeadChild() {
  const auto describe = [](const std::string& who, const ChildProcess& child) {
    const std::string tail = TailOf(child.log(), kTailLines);
    return who + " ended with " + child.EndText() + "; " +
           (tail.empty() ? "its log is empty" : "the last lines of " + child.log().string()) +
           (tail.empty() ? "" : ":\n" + tail.substr(0, tail.size() - 1));
  };
  if (workers_ && workers_->HasEnded()) return describe("the launcher of the workers", *workers_);
  if (coordinator_ && coordinator_->HasEnded()) return describe("the coordinator", *coordinator_);
  return std::nullopt;
}

fs::path LocalCluster::LogFile(const std::string& program) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return Logs() / (std::to_string(seconds.count()) + "-" + std::to_string(getpid()) + "-" +
                   program + ".log");
}

}  // namespace descent
