#include "tests/support/in_process_job_file.h"

#include <utility>

#include "common/file.h"
#include "common/job_spec.h"
#include "proto/job_file.h"
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

Result<std::int64_t> CountTrainSamples(const JobSpec& spec) {
  DESCENT_ASSIGN(const Datasets datasets, LoadDatasets(spec));
  return datasets.train->sample_count();
}

}  // namespace

Result<InProcessOutcome> TrainJobFile(const JobFileTraining& training) {
  DESCENT_ASSIGN(const JobSpec spec, ReadSpec(training.path, training.overrides));
  DESCENT_ASSIGN(const std::int64_t train_samples, CountTrainSamples(spec));
  const BatchArithmetic arithmetic = ComputeBatchArithmetic(spec, train_samples);
  InProcessOutcome outcome =
      RunInProcess({.assign = {.job = "in-process",
                               .generation = kGeneration,
                               .spec = spec,
                               .world_ranks = FirstRanks(training.world_size),
                               .checkpoint_directory = training.directory,
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
                    .shares_memory = training.shares_memory,
                    .on_report = {}});
  for (const AssignmentEnded& ended : outcome.ended)
    if (ended.outcome == EndOutcome::kFailed)
      return Status(Code::kAborted, ended.reason + ": " + ended.message);
  return outcome;
}

}  // namespace descent
