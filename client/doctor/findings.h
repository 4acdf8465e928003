#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/doctor/facts.h"

namespace descent {

enum class Verdict {
  kOk,
  kWarn,  // it works, but worse than it could or not for long
  kFail,  // jobs do not run
};
std::string_view VerdictName(Verdict verdict);  // "OK", "WARN", "FAIL"

struct Finding {
  std::string check;  // "mpirun", "state directory", …
  Verdict verdict = Verdict::kOk;
  std::string found;
  std::string fix;  // empty if all is well
};

// One for each thing that was looked at, always in the same order. Pure.
std::vector<Finding> Findings(const MachineFacts& facts);

// Each of them, for what has a test of its own.
Finding FindingOf(const MpiFacts& mpi);
Finding SharedMemoryFinding(const DirectoryFacts& directory);
Finding StateFinding(const DirectoryFacts& directory);
Finding FindingOf(const PortFacts& port);
Finding FindingOf(const CoordinatorFacts& coordinator);
Finding InstructionsFinding(const ProcessorFacts& processor);
Finding CoresFinding(const ProcessorFacts& processor);
Finding FindingOf(const MemoryFacts& memory);
Finding OpenFilesFinding(std::int64_t open_files_max);
Finding FindingOf(const GpuFacts& gpus);
Finding HugePagesFinding(const std::string& huge_pages);

// The worst of all.
Verdict WorstOf(const std::vector<Finding>& findings);

// A table with the fix below what needs one, and a JSON document.
std::string FindingsText(const std::vector<Finding>& findings);
std::string FindingsJson(const std::vector<Finding>& findings);

}  // namespace descent
