// Trains the job of a job file with ranks that are threads of this process, without coordinator or
// MPI, and prints the digest of the trained state:
//   in_process_digest JOB_FILE WORKERS DIRECTORY [FIELD=VALUE…]
// The directory is of no account afterwards.

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "common/log.h"
#include "tests/support/in_process_job_file.h"
#include "worker/kernels/instruction_set.h"

namespace descent {
namespace {

Result<std::string> DigestOf(const InProcessOutcome& outcome) {
  std::set<std::string> digests;
  for (const AssignmentEnded& ended : outcome.ended) digests.insert(ended.state_digest.ToHex());
  if (digests.size() != 1) return Status(Code::kInternal, "the ranks' digests differ");
  return *digests.begin();
}

int Main(const std::vector<std::string>& arguments) {
  InitLog("in-process");
  if (const Status status = SetInstructionSet("best"); !status.ok()) return 1;
  const Result<std::string> digest = [&]() -> Result<std::string> {
    DESCENT_ASSIGN(const InProcessOutcome outcome,
                   TrainJobFile({.path = arguments[0],
                                 .overrides = {arguments.begin() + 3, arguments.end()},
                                 .world_size = std::atoi(arguments[1].c_str()),
                                 .directory = arguments[2]}));
    return DigestOf(outcome);
  }();
  if (!digest.ok()) {
    std::fprintf(stderr, "error: %s\n", digest.status().message().c_str());
    return 1;
  }
  std::printf("state digest: %s\n", digest.value().c_str());
  return 0;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  return descent::Main({argv + 1, argv + argc});
}
