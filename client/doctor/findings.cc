#include "client/doctor/findings.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/render/format.h"
#include "client/render/table.h"
#include "common/version.h"

namespace descent {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
// Open MPI takes a few MiB of /dev/shm for each rank; containers have 64 MiB unless told otherwise.
constexpr std::int64_t kSharedMemoryMin = 8 * kMiB;
constexpr std::int64_t kSharedMemoryWanted = 64 * kMiB;
constexpr std::int64_t kStateMin = 64 * kMiB;
constexpr std::int64_t kStateWanted = 1024 * kMiB;
constexpr std::int64_t kMemoryMin = 128 * kMiB;
constexpr std::int64_t kMemoryWanted = 1024 * kMiB;
// A coordinator holds a few descriptors for each worker, watcher and job that is read.
constexpr std::int64_t kOpenFilesMin = 128;
constexpr std::int64_t kOpenFilesWanted = 1024;

constexpr char kOtherStateDirectory[] =
    "name another one: descent run --state-dir DIR, descent-coordinator --state-dir DIR";

Verdict ByAmount(std::int64_t found, std::int64_t needed, std::int64_t wanted) {
  return found < needed ? Verdict::kFail : found < wanted ? Verdict::kWarn : Verdict::kOk;
}

// `fix` is only for what needs one.
Finding Judged(std::string check, Verdict verdict, std::string found, std::string fix) {
  return {.check = std::move(check),
          .verdict = verdict,
          .found = std::move(found),
          .fix = verdict == Verdict::kOk ? "" : std::move(fix)};
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "OK";
    case Verdict::kWarn:
      return "WARN";
    case Verdict::kFail:
      return "FAIL";
  }
  return "";
}

std::vector<Finding> Findings(const MachineFacts& facts) {
  std::vector<Finding> findings = {FindingOf(facts.mpi), SharedMemoryFinding(facts.shared_memory),
                                   StateFinding(facts.state)};
  for (const PortFacts& port : facts.ports) findings.push_back(FindingOf(port));
  findings.push_back(FindingOf(facts.coordinator));
  findings.push_back(InstructionsFinding(facts.processor));
  findings.push_back(CoresFinding(facts.processor));
  findings.push_back(FindingOf(facts.memory));
  findings.push_back(OpenFilesFinding(facts.open_files_max));
  findings.push_back(FindingOf(facts.gpus));
  findings.push_back(HugePagesFinding(facts.huge_pages));
  return findings;
}

Finding FindingOf(const MpiFacts& mpi) {
  const std::string check = "mpirun";
  if (mpi.program.empty())
    return Judged(check, Verdict::kFail, "not in PATH", "on Debian: apt-get install openmpi-bin");
  if (!mpi.trouble.empty())
    return Judged(check, Verdict::kFail,
                  fmt::format("{} starts no two ranks: {}", mpi.program, mpi.trouble),
                  "see what it says: mpirun --oversubscribe -n 2 hostname");
  const bool is_open_mpi = mpi.version.find("Open MPI") != std::string::npos;
  return Judged(check, is_open_mpi ? Verdict::kOk : Verdict::kWarn,
                mpi.version + ", two ranks start",
                "this program is tested with Open MPI; on Debian: apt-get install openmpi-bin");
}

Finding SharedMemoryFinding(const DirectoryFacts& directory) {
  const std::string check = "shared memory";
  const std::string fix =
      "more room: mount -o remount,size=1g /dev/shm, or of a container --shm-size=1g";
  if (!directory.write_trouble.empty())
    return Judged(check, Verdict::kFail, directory.write_trouble, fix);
  return Judged(check, ByAmount(directory.free_bytes, kSharedMemoryMin, kSharedMemoryWanted),
                fmt::format("{}, {} free", directory.path, FormatBytes(directory.free_bytes)), fix);
}

Finding StateFinding(const DirectoryFacts& directory) {
  const std::string check = "state directory";
  const std::string place = fmt::format("{} ({})", directory.path, directory.file_system);
  if (!directory.write_trouble.empty())
    return Judged(check, Verdict::kFail, directory.write_trouble, kOtherStateDirectory);
  if (directory.kind == FileSystemKind::kNetwork)
    return Judged(check, Verdict::kFail,
                  place + " is a network's, on which the database of jobs cannot be kept",
                  kOtherStateDirectory + std::string(", on a disk of this machine"));
  if (!directory.lock_trouble.empty())
    return Judged(check, Verdict::kFail,
                  fmt::format("{} has no locks: {}", place, directory.lock_trouble),
                  kOtherStateDirectory);
  if (directory.kind == FileSystemKind::kContainer)
    return Judged(check, Verdict::kWarn, place + " goes with its container",
                  "mount a volume there");
  if (directory.kind == FileSystemKind::kMemory)
    return Judged(check, Verdict::kWarn, place + " is lost when the machine starts again",
                  kOtherStateDirectory);
  return Judged(check, ByAmount(directory.free_bytes, kStateMin, kStateWanted),
                fmt::format("{}, {} free", place, FormatBytes(directory.free_bytes)),
                "checkpoints need room: delete files, or " + std::string(kOtherStateDirectory));
}

Finding FindingOf(const PortFacts& port) {
  const std::string check = fmt::format("port {}", port.port);
  if (port.trouble.empty()) return Judged(check, Verdict::kOk, "free", "");
  const bool is_ours = port.listener.starts_with("descent-coord");
  const std::string who = port.listener.empty() ? port.trouble : port.listener + " listens";
  return Judged(check, is_ours ? Verdict::kOk : Verdict::kWarn, who,
                fmt::format("another one, if you start a coordinator: descent-coordinator {} "
                            "127.0.0.1:PORT",
                            port.flag));
}

Finding FindingOf(const CoordinatorFacts& coordinator) {
  const std::string check = "coordinator";
  if (coordinator.trouble.empty())
    return Judged(check, coordinator.version == kVersion ? Verdict::kOk : Verdict::kWarn,
                  fmt::format("{}, version {}", coordinator.address, coordinator.version),
                  fmt::format("this program has version {}; use the same on both sides", kVersion));
  if (coordinator.is_named)
    return Judged(check, Verdict::kFail, coordinator.trouble,
                  "start one with descent-coordinator, or name another with --server HOST:PORT");
  return Judged(check, Verdict::kOk,
                fmt::format("none at {}; descent run starts its own", coordinator.address), "");
}

Finding InstructionsFinding(const ProcessorFacts& processor) {
  const auto has_all = [&](std::initializer_list<const char*> flags) {
    return std::ranges::all_of(flags,
                               [&](const char* flag) { return processor.flags.contains(flag); });
  };
  const bool is_avx512 = has_all({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"});
  const std::string check = "instructions";
  if (is_avx512 && has_all({"avx512_vnni", "avx512_bf16"}))
    return Judged(check, Verdict::kOk, "avx512_bf16", "");
  if (is_avx512) return Judged(check, Verdict::kOk, "avx512", "");
  if (has_all({"avx2", "fma"})) return Judged(check, Verdict::kOk, "avx2", "");
  return Judged(check, Verdict::kWarn, "no avx2: the kernels are slow",
                "a machine with avx2 or avx512; of a virtual one, let it see the host's processor");
}

Finding CoresFinding(const ProcessorFacts& processor) {
  const std::string cores =
      fmt::format("{} core{}", processor.cores, processor.cores == 1 ? "" : "s");
  if (!processor.cores_allowed || *processor.cores_allowed >= processor.cores)
    return Judged("cores", Verdict::kOk, cores, "");
  const int useful = std::max(1, static_cast<int>(std::floor(*processor.cores_allowed)));
  return Judged(
      "cores", Verdict::kWarn,
      fmt::format("{}, of which the control group allows {:.3g}", cores, *processor.cores_allowed),
      fmt::format("at most {} threads over all workers, or more cores for the container", useful));
}

Finding FindingOf(const MemoryFacts& memory) {
  const bool is_limited = memory.limit_bytes && *memory.limit_bytes < memory.total_bytes;
  const std::int64_t usable =
      is_limited ? std::min(memory.available_bytes, *memory.limit_bytes) : memory.available_bytes;
  std::string found = fmt::format("{} of {} available", FormatBytes(memory.available_bytes),
                                  FormatBytes(memory.total_bytes));
  if (is_limited)
    found += fmt::format(", the control group allows {}", FormatBytes(*memory.limit_bytes));
  return Judged("memory", ByAmount(usable, kMemoryMin, kMemoryWanted), std::move(found),
                "end other programs; what a job needs says descent explain FILE");
}

Finding OpenFilesFinding(std::int64_t open_files_max) {
  return Judged("open files", ByAmount(open_files_max, kOpenFilesMin, kOpenFilesWanted),
                fmt::format("at most {}", open_files_max),
                "ulimit -n 4096, or LimitNOFILE= of the service");
}

Finding FindingOf(const GpuFacts& gpus) {
  if (!gpus.trouble.empty())
    return Judged("gpus", Verdict::kWarn, gpus.trouble,
                  "NVIDIA's driver, and of a container --gpus all");
  if (gpus.models.empty()) return Judged("gpus", Verdict::kOk, "none from NVIDIA", "");
  return Judged("gpus", Verdict::kOk, fmt::format("{}", fmt::join(gpus.models, ", ")), "");
}

Finding HugePagesFinding(const std::string& huge_pages) {
  const bool is_off = huge_pages == "never";
  return Judged("huge pages", is_off ? Verdict::kWarn : Verdict::kOk,
                huge_pages.empty() ? "the system has none" : huge_pages,
                "large tensors are faster with them: as root, echo madvise > "
                "/sys/kernel/mm/transparent_hugepage/enabled");
}

Verdict WorstOf(const std::vector<Finding>& findings) {
  Verdict worst = Verdict::kOk;
  for (const Finding& finding : findings) worst = std::max(worst, finding.verdict);
  return worst;
}

std::string FindingsText(const std::vector<Finding>& findings) {
  Table table({"CHECK", "VERDICT", "FOUND"});
  for (const Finding& finding : findings) {
    table.AddRow({finding.check, std::string(VerdictName(finding.verdict)), finding.found});
    if (!finding.fix.empty()) table.AddRow({"", "", "fix: " + finding.fix});
  }
  return table.ToString();
}

std::string FindingsJson(const std::vector<Finding>& findings) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const Finding& finding : findings)
    checks.push_back({{"check", finding.check},
                      {"verdict", VerdictName(finding.verdict)},
                      {"found", finding.found},
                      {"fix", finding.fix}});
  const nlohmann::ordered_json document = {{"verdict", VerdictName(WorstOf(findings))},
                                           {"checks", checks}};
  // What a program has said may be no text.
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace descent
