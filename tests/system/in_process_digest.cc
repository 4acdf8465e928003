// Trains the job of a job file with ranks that are threads of this process, without coordinator or
// MPI, and prints the digest of the trained state:
//   in_process_digest JOB_FILE WORKERS DIRECTORY [FIELD=VALUE…]
// The directory is of no account afterwards.

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "common/file.h"
#include "common/job_spec.h"
#include "common/log.h"
#include "proto/job_file.h"
#include "tests/support/in_process_job.h"
#include "worker/data/load_datasets.h"
#include "worker/kernels/instruction_set.h"

namespace descent {
namespace {

constexpr std::int64_t kGeneration = 1;

Result<JobSpec> ReadSpec(const std::string& path, const std::vector<std::string>& overrides) {
  DESCENT_ASSIGN(const std::string text, ReadFile(path));
  JobFile file = ReadJobFile(text, overrides);
  if (!file.problems.empty())
    return Status(Code::kInvalidArgument, FormatProblems(file.problems, path));
  return std::move(file.spec);
}

Result<std::string> DigestOf(const JobSpec& spec, int world_size, const std::string& directory) {
  std::int64_t train_samples = 0;
  {
    DESCENT_ASSIGN(const Datasets datasets, LoadDatasets(spec));
    train_samples = datasets.train->sample_count();
  }
  const BatchArithmetic arithmetic = ComputeBatchArithmetic(spec, train_samples);
  const InProcessOutcome outcome =
      RunInProcess({.assign = {.job = "in-process",
                               .generation = kGeneration,
                               .spec = spec,
                               .world_ranks = FirstRanks(world_size),
                               .checkpoint_directory = directory,
                               .start_checkpoint = {}},
                    .begin = {.generation = kGeneration,
                              .shard_plan = MakeShardPlan(spec, train_samples),
                              .total_steps = arithmetic.total_steps},
                    .grants = {{.generation = kGeneration,
                                .first = 0,
                                .last = arithmetic.last_step,
                                .save_checkpoint = true,
                                .is_final = true}},
                    .instruction_set = InstructionSetName(),
                    .on_report = {}});
  std::set<std::string> digests;
  for (const AssignmentEnded& ended : outcome.ended) {
    if (ended.outcome == EndOutcome::kFailed)
      return Status(Code::kAborted, ended.reason + ": " + ended.message);
    digests.insert(ended.state_digest.ToHex());
  }
  if (digests.size() != 1) return Status(Code::kInternal, "the ranks' digests differ");
  return *digests.begin();
}

int Main(const std::vector<std::string>& arguments) {
  InitLog("in-process");
  const std::vector<std::string> overrides(arguments.begin() + 3, arguments.end());
  if (const Status status = SetInstructionSet("best"); !status.ok()) return 1;
  Result<std::string> digest = [&]() -> Result<std::string> {
    DESCENT_ASSIGN(const JobSpec spec, ReadSpec(arguments[0], overrides));
    return DigestOf(spec, std::atoi(arguments[1].c_str()), arguments[2]);
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
