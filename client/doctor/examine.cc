#include "client/doctor/examine.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include "client/api/client.h"
#include "client/doctor/system_file.h"
#include "client/doctor/system_text.h"
#include "common/child_process.h"
#include "common/file.h"
#include "common/find_program.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kMpiTimeout{20};
constexpr std::chrono::milliseconds kExamineInterval{20};

// What a program says, and how it ended: empty, or the trouble.
struct ProgramAnswer {
  std::string output;
  std::string trouble;
};

// The end of what a program has said, to follow other words; empty if it said nothing.
std::string OneLine(const std::string& output) {
  constexpr std::size_t kCharactersMax = 200;
  std::istringstream words(output.substr(output.size() - std::min(output.size(), kCharactersMax)));
  std::string line;
  for (std::string word; words >> word;) line += (line.empty() ? ": " : " ") + word;
  return line;
}

ProgramAnswer Ask(const std::vector<std::string>& command, const fs::path& log) {
  Result<ChildProcess> child = ChildProcess::Start(command, log);
  if (!child.ok()) return {.output = "", .trouble = child.status().message()};
  ChildProcess program = std::move(child).value();
  const auto deadline = std::chrono::steady_clock::now() + kMpiTimeout;
  while (!program.HasEnded() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kExamineInterval);
  const bool has_ended = program.HasEnded();
  program.Stop(std::chrono::milliseconds(0));
  ProgramAnswer answer{.output = SystemFile(log), .trouble = ""};
  if (!has_ended)
    answer.trouble = "it does not end";
  else if (program.ExitStatus() != 0)
    answer.trouble = program.EndText() + OneLine(answer.output);
  return answer;
}

std::vector<std::string> TwoRanks(const std::string& mpirun) {
  std::vector<std::string> command = {mpirun, "--oversubscribe", "--bind-to", "none"};
  if (geteuid() == 0) command.push_back("--allow-run-as-root");
  command.insert(command.end(), {"-n", "2", "/bin/sh", "-c", "echo rank=$OMPI_COMM_WORLD_RANK"});
  return command;
}

MpiFacts ExamineMpi() {
  MpiFacts facts{.program = FindProgram("mpirun"), .version = "", .trouble = ""};
  if (facts.program.empty()) return facts;
  const Result<fs::path> directory = MakeTemporaryDirectory();
  if (!directory.ok()) {
    facts.trouble = directory.status().message();
    return facts;
  }
  const std::string said = Ask({facts.program, "--version"}, directory.value() / "version").output;
  facts.version = said.substr(0, said.find('\n'));
  const ProgramAnswer ranks = Ask(TwoRanks(facts.program), directory.value() / "ranks");
  facts.trouble = ranks.trouble;
  for (const char* rank : {"rank=0\n", "rank=1\n"})
    if (facts.trouble.empty() && ranks.output.find(rank) == std::string::npos)
      facts.trouble = "one of them said nothing";
  std::error_code ignored;
  fs::remove_all(directory.value(), ignored);
  return facts;
}

CoordinatorFacts ExamineCoordinator(const ExamineOptions& options) {
  CoordinatorFacts facts{.address = options.coordinator.address,
                         .is_named = options.is_coordinator_named,
                         .version = "",
                         .trouble = ""};
  const auto status = Client(options.coordinator).GetClusterStatus();
  if (status.ok())
    facts.version = status.value().version;
  else
    facts.trouble = status.error().message;
  return facts;
}

template <typename Number>
void Tighten(std::optional<Number>& limit, const std::optional<Number>& other) {
  if (other && (!limit || *other < *limit)) limit = other;
}

void ExamineControlGroups(ProcessorFacts& processor, MemoryFacts& memory) {
  const fs::path root = "/sys/fs/cgroup";
  for (const std::string& group : ControlGroups(SystemFile("/proc/self/cgroup"))) {
    const fs::path directory = root / fs::path(group).relative_path();
    Tighten(processor.cores_allowed, CoresAllowed(SystemFile(directory / "cpu.max")));
    Tighten(memory.limit_bytes, BytesAllowed(SystemFile(directory / "memory.max")));
  }
  // Systems whose control groups are of the first version.
  const fs::path cpu = root / "cpu";
  Tighten(processor.cores_allowed, CoresAllowed(SystemFile(cpu / "cpu.cfs_quota_us") + " " +
                                                SystemFile(cpu / "cpu.cfs_period_us")));
  Tighten(memory.limit_bytes, BytesAllowed(SystemFile(root / "memory/memory.limit_in_bytes")));
}

int CoresOfProcess() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return CPU_COUNT(&cores);
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

GpuFacts ExamineGpus() {
  GpuFacts facts;
  std::error_code error;
  for (fs::directory_iterator entry("/proc/driver/nvidia/gpus", error), end; !error && entry != end;
       entry.increment(error)) {
    std::ifstream lines(entry->path() / "information");
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("Model:"))
        facts.models.push_back(line.substr(line.find_first_not_of(" \t", 6)));
  }
  std::ranges::sort(facts.models);
  if (!facts.models.empty() && access("/dev/nvidia0", R_OK | W_OK) != 0 &&
      access("/dev/nvidiactl", R_OK | W_OK) != 0)
    facts.trouble = facts.models.front() + " is there, but its device is not for this user";
  return facts;
}

std::int64_t OpenFilesMax() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, 1u << 30));
}

}  // namespace

MachineFacts Examine(const ExamineOptions& options) {
  const std::string meminfo = SystemFile("/proc/meminfo");
  MachineFacts facts;
  facts.mpi = ExamineMpi();
  facts.shared_memory = ExamineDirectory("/dev/shm");
  facts.state = ExamineDirectory(options.state_directory);
  facts.ports = {ExaminePort(9090, "--listen"), ExaminePort(9091, "--worker-listen"),
                 ExaminePort(8080, "--http")};
  facts.coordinator = ExamineCoordinator(options);
  facts.processor.flags = ProcessorFlags(SystemFile("/proc/cpuinfo"));
  facts.processor.cores = CoresOfProcess();
  facts.memory.total_bytes = MemoryBytes(meminfo, "MemTotal").value_or(0);
  facts.memory.available_bytes = MemoryBytes(meminfo, "MemAvailable").value_or(0);
  ExamineControlGroups(facts.processor, facts.memory);
  facts.open_files_max = OpenFilesMax();
  facts.gpus = ExamineGpus();
  facts.huge_pages = Chosen(SystemFile("/sys/kernel/mm/transparent_hugepage/enabled"));
  return facts;
}

}  // namespace descent
