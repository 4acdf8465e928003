// Starts a coordinator, and so many workers that get no job, each with a connection of its own:
//   worker_connections [--workers 10000] [--pool 64] [--seconds 30]
// Prints how long it takes until all are registered, how long their heartbeats, evenly spread over
// the 3 s between two of each, take to be acknowledged, and what the coordinator needs for it.

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/connected_worker.h"
#include "common/child_process.h"
#include "common/file.h"
#include "common/limits.h"
#include "common/open_files.h"
#include "rpc/grpc_setup.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

// What the coordinator is to keep to, with 10000 workers.
constexpr double kRegisteredSeconds = 10;
constexpr double kAcknowledgedSeconds = 0.1;
constexpr double kResidentMiB = 1024;

constexpr std::chrono::seconds kStartTimeout{20};
constexpr std::chrono::seconds kRegisterTimeout{120};
constexpr std::chrono::seconds kEndTimeout{60};
constexpr int kOtherFiles = 1000;  // beside connections, in either process

struct Options {
  int workers = 10000;
  int pool = 64;  // ranks of one
  int seconds = 30;
  fs::path coordinator =
      fs::read_symlink("/proc/self/exe").parent_path() / "../bin/descent-coordinator";
};

// Counts what all workers hear.
class Audience final : public WorkerAudience {
 public:
  void OnRegistered() override {
    const std::lock_guard lock(mutex_);
    ++registered_;
    changed_.notify_all();
  }

  void OnAcknowledged(MonotonicTime due, MonotonicTime heard) override {
    const std::lock_guard lock(mutex_);
    if (due >= measured_from_) seconds_.push_back(SecondsBetween(due, heard));
  }

  void OnEnded(const std::string& reason) override {
    const std::lock_guard lock(mutex_);
    ++ended_;
    if (why_.empty()) why_ = reason;
    changed_.notify_all();
  }

  // Not all: as in Problem.
  bool WaitForRegistered(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kRegisterTimeout, [&] { return registered_ >= count || ended_ > 0; });
    return registered_ >= count && ended_ == 0;
  }

  bool WaitForEnded(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kEndTimeout, [&] { return ended_ >= count; });
  }

  void MeasureFrom(MonotonicTime time) {
    const std::lock_guard lock(mutex_);
    measured_from_ = time;
  }

  std::vector<double> seconds() {
    const std::lock_guard lock(mutex_);
    return seconds_;
  }

  // Why it is not as it should be; empty: it is.
  std::string Problem(int count) {
    const std::lock_guard lock(mutex_);
    if (ended_ > 0) return fmt::format("{} workers were cut off, one by: {}", ended_, why_);
    if (registered_ < count) return fmt::format("{} of {} workers registered", registered_, count);
    return "";
  }

 private:
  std::mutex mutex_;  // guards the following
  std::condition_variable changed_;
  int registered_ = 0;
  int ended_ = 0;
  std::string why_;
  MonotonicTime measured_from_ = MonotonicTime::max();
  std::vector<double> seconds_;
};

using Workers = std::vector<std::unique_ptr<ConnectedWorker>>;

// In a thread of its own, as long as it lives: the heartbeats of the first `count` workers.
class Heart {
 public:
  Heart(const Workers& workers, const std::atomic<std::size_t>& count)
      : thread_([this, &workers, &count] { Beat(workers, count); }) {}
  ~Heart() {
    is_ending_ = true;
    thread_.join();
  }

 private:
  void Beat(const Workers& workers, const std::atomic<std::size_t>& count) {
    const auto gap = std::chrono::nanoseconds(limits::kHeartbeatInterval) / std::ssize(workers);
    MonotonicTime due = MonotonicNow();
    for (std::size_t i = 0; !is_ending_; i = (i + 1) % workers.size(), due += gap) {
      std::this_thread::sleep_until(due);
      if (i < count) workers[i]->SendHeartbeat(due);
    }
  }

  std::atomic<bool> is_ending_ = false;
  std::thread thread_;
};

// "VmHWM:" and the like of /proc/PID/status, in MiB.
double MemoryMiB(pid_t pid, const std::string& name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::strtod(line.c_str() + name.size(), nullptr) / 1024;
  return 0;
}

// User and system, of all threads.
double CpuSeconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::vector<std::string> values;
  for (std::string value; fields >> value;) values.push_back(value);
  if (values.size() < 13) return 0;
  return (std::stod(values[11]) + std::stod(values[12])) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

Result<ChildProcess> StartCoordinator(const fs::path& program, const fs::path& directory) {
  return ChildProcess::Start(
      {program.string(), "--listen", "127.0.0.1:0", "--worker-listen", "127.0.0.1:0", "--http",
       "127.0.0.1:0", "--state-dir", (directory / "state").string(), "--ports-file",
       (directory / "ports.json").string(), "--exit-with-parent"},
      directory / "coordinator.log");
}

Result<std::string> WorkerAddress(const fs::path& directory, ChildProcess& coordinator) {
  const MonotonicTime deadline = MonotonicNow() + kStartTimeout;
  while (MonotonicNow() < deadline && !coordinator.HasEnded()) {
    if (const Result<std::string> text = ReadFile(directory / "ports.json"); text.ok())
      return nlohmann::json::parse(text.value()).value("worker", "");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return Status(Code::kUnavailable,
                "the coordinator does not listen; the last lines of its log:\n" +
                    TailOf(coordinator.log(), 5));
}

Register IdentityOf(int worker, const Options& options) {
  const int pool = worker / options.pool;
  return {.pool = fmt::format("pool-{}", pool),
          .world_rank = worker % options.pool,
          .world_size = std::min(options.pool, options.workers - pool * options.pool),
          .host = fmt::format("host-{}", worker / 8),
          .pid = 1000 + worker,
          .instruction_set = "avx2",
          .version = "bench"};
}

void PrintRow(const std::string& what, double limit, double found, const char* unit) {
  std::printf("| %s | %g %s | %.4g %s | %.2f |\n", what.c_str(), limit, unit, found, unit,
              found / limit);
}

void PrintTable(const Options& options, double registered, std::vector<double> seconds, pid_t pid,
                double busy) {
  std::printf("%d workers in pools of %d, %zu heartbeats in %d s\n", options.workers, options.pool,
              seconds.size(), options.seconds);
  std::printf("| what | limit | found | of the limit |\n| --- | ---: | ---: | ---: |\n");
  PrintRow("all are registered", kRegisteredSeconds, registered, "s");
  PrintRow("a heartbeat is acknowledged, median", 1e3 * kAcknowledgedSeconds,
           1e3 * Quantile(seconds, 0.5), "ms");
  PrintRow("a heartbeat is acknowledged, 99 %", 1e3 * kAcknowledgedSeconds,
           1e3 * Quantile(seconds, 0.99), "ms");
  PrintRow("memory of the coordinator", kResidentMiB, MemoryMiB(pid, "VmRSS:"), "MiB");
  PrintRow("memory of the coordinator, at most", kResidentMiB, MemoryMiB(pid, "VmHWM:"), "MiB");
  std::printf("processor of the coordinator while heartbeats come: %.2f cores; slowest: %.4g ms\n",
              busy, 1e3 * Quantile(std::move(seconds), 1));
}

void Measure(const Options& options, const std::string& address, pid_t coordinator,
             Workers& workers, Audience& audience) {
  std::atomic<std::size_t> count = 0;
  const Heart heart(workers, count);
  const MonotonicTime begin = MonotonicNow();
  for (int i = 0; i < options.workers; ++i, ++count)
    workers[static_cast<std::size_t>(i)] =
        std::make_unique<ConnectedWorker>(address, IdentityOf(i, options), audience);
  if (!audience.WaitForRegistered(options.workers)) return;
  const double registered = SecondsBetween(begin, MonotonicNow());
  const double cpu_before = CpuSeconds(coordinator);
  audience.MeasureFrom(MonotonicNow());
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  const double busy = (CpuSeconds(coordinator) - cpu_before) / options.seconds;
  PrintTable(options, registered, audience.seconds(), coordinator, busy);
}

Status ConnectAll(const Options& options, const std::string& address, pid_t coordinator) {
  // What does not end is still used, also when this has returned.
  auto* const audience = new Audience;                                           // NOLINT
  auto* const workers = new Workers(static_cast<std::size_t>(options.workers));  // NOLINT
  Measure(options, address, coordinator, *workers, *audience);
  const std::string problem = audience->Problem(options.workers);
  for (const auto& worker : *workers) worker->Leave();
  if (!audience->WaitForEnded(options.workers))
    return Status(Code::kUnavailable, "not all workers could leave; " + problem);
  delete workers;   // NOLINT
  delete audience;  // NOLINT
  return problem.empty() ? Status() : Status(Code::kUnavailable, problem);
}

Status Run(const Options& options) {
  DESCENT_ASSIGN(const fs::path directory, MakeTemporaryDirectory());
  // Before the limit is raised: the coordinator raises its own.
  DESCENT_ASSIGN(ChildProcess coordinator, StartCoordinator(options.coordinator, directory));
  if (const std::int64_t files = RaiseOpenFilesMax(); files < options.workers + kOtherFiles)
    return Status(Code::kFailedPrecondition,
                  fmt::format("{} workers need {} open files in each of two processes, this system "
                              "allows {}: ulimit -Hn",
                              options.workers, options.workers + kOtherFiles, files));
  Status status;
  if (const Result<std::string> address = WorkerAddress(directory, coordinator); address.ok())
    status = ConnectAll(options, address.value(), coordinator.pid());
  else
    status = address.status();
  coordinator.Stop(kEndTimeout);
  if (status.ok()) fs::remove_all(directory);
  return status;
}

int Main(int argc, char** argv) {
  SetUpGrpc();
  Options options;
  CLI::App app("Many workers with connections of their own to one coordinator");
  app.add_option("--workers", options.workers)->check(CLI::Range(1, 1'000'000));
  app.add_option("--pool", options.pool, "ranks of a pool")
      ->check(CLI::Range(1, limits::kWorldSizeMax));
  app.add_option("--seconds", options.seconds, "of heartbeats")->check(CLI::Range(1, 3600));
  app.add_option("--coordinator", options.coordinator, "the program");
  CLI11_PARSE(app, argc, argv);
  const Status status = Run(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", status.message().c_str());
  return 1;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
