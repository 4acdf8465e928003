#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "proto/job_file.h"
#include "tests/numeric/same_bits_variants.h"
#include "tests/support/in_process_job.h"
#include "tests/support/temporary_directory.h"
#include "worker/data/load_datasets.h"
#include "worker/kernels/instruction_set.h"

namespace descent {

void PrintTo(const SameBitsVariant& variant, std::ostream* out) { *out << variant.name; }

namespace {

// Seven steps: more than an epoch, so that a short batch is among them.
constexpr char kCommon[] = R"(
name: variant
batch: {global: 12, micro: 2, logical_workers: 4, tail: keep}
steps: 7
seed: 7
workers: {max: 4}
lr_schedule: {cosine: {warmup_steps: 2}}
)";
constexpr std::int64_t kLastStep = 7;

std::string Replaced(std::string text, const std::string& word, const std::string& by) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at))
    text.replace(at, word.size(), by);
  return text;
}

// How a job is run: nothing of it may change a bit.
struct Way {
  int workers = 1;
  int threads = 1;
  UpdateKind update = UpdateKind::kReplicated;
  bool shares_memory = false;
};

// What may not change.
struct Bits {
  std::string digest;  // of the state
  std::vector<double> losses;
  std::vector<double> gradient_norms;
  std::vector<EvaluationValues> evaluations;

  bool operator==(const Bits&) const = default;
};

void PrintTo(const Bits& bits, std::ostream* out) {
  *out << bits.digest << ", losses " << testing::PrintToString(bits.losses);
}

class SameBitsTest : public ::testing::TestWithParam<SameBitsVariant> {
 protected:
  void SetUp() override {
    WriteData(directory_.path());
    const std::string text = kCommon + Replaced(GetParam().data, "DIR", directory_.path().string());
    JobFile file = ReadJobFile(text, GetParam().fields);
    ASSERT_TRUE(file.problems.empty()) << FormatProblems(file.problems, GetParam().name);
    spec_ = std::move(file.spec);
    const Result<Datasets> datasets = LoadDatasets(spec_);
    ASSERT_TRUE(datasets.ok()) << datasets.status().message();
    train_samples_ = datasets.value().train->sample_count();
  }

  Bits Train(const Way& way) { return TrainFrom(0, kLastStep, way); }

  // Stopped after `step`, and resumed in another way.
  Bits TrainInTwoAttempts(std::int64_t step, const Way& first, const Way& second) {
    Bits bits = TrainFrom(0, step, first);
    const Bits rest = TrainFrom(step, kLastStep, second);
    bits.digest = rest.digest;
    bits.losses.insert(bits.losses.end(), rest.losses.begin(), rest.losses.end());
    bits.gradient_norms.insert(bits.gradient_norms.end(), rest.gradient_norms.begin(),
                               rest.gradient_norms.end());
    bits.evaluations.insert(bits.evaluations.end(), rest.evaluations.begin(),
                            rest.evaluations.end());
    return bits;
  }

  JobSpec spec_;

 private:
  Bits TrainFrom(std::int64_t first_step, std::int64_t last_step, const Way& way) {
    spec_.workers.threads = way.threads;
    spec_.update = way.update;
    const std::filesystem::path checkpoints = directory_.path() / "checkpoints";
    if (first_step == 0) std::filesystem::remove_all(checkpoints);
    const InProcessOutcome outcome = RunInProcess(
        {.assign = {.job = "variant",
                    .generation = 1,
                    .spec = spec_,
                    .world_ranks = FirstRanks(way.workers),
                    .checkpoint_directory = checkpoints,
                    .start_checkpoint =
                        first_step > 0 ? checkpoints / ("step-" + std::to_string(first_step)) : ""},
         .begin = {.generation = 1,
                   .shard_plan = MakeShardPlan(spec_, train_samples_),
                   .total_steps = kLastStep},
         .grants = GrantsOf(first_step, last_step),
         .instruction_set = InstructionSetName(),
         .shares_memory = way.shares_memory,
         .on_report = {}});
    return BitsOf(outcome);
  }

  std::vector<GrantSteps> GrantsOf(std::int64_t first_step, std::int64_t last_step) const {
    std::vector<GrantSteps> grants =
        ScheduledGrants(spec_, {.first = first_step, .last = last_step});
    // Nothing goes on from the end.
    grants.back().save_checkpoint = last_step < kLastStep;
    grants.back().evaluate = last_step == kLastStep;
    return grants;
  }

  static Bits BitsOf(const InProcessOutcome& outcome) {
    std::set<std::string> digests;
    for (const AssignmentEnded& ended : outcome.ended) {
      EXPECT_EQ(ended.outcome, EndOutcome::kCompleted) << ended.reason << ": " << ended.message;
      digests.insert(ended.state_digest.ToHex());
    }
    EXPECT_EQ(digests.size(), 1u) << "the ranks differ";
    Bits bits{.digest = *digests.begin()};
    for (const StepMetrics& step : outcome.Steps()) {
      // Of a step that is not finite: NaN is not equal to itself.
      if (step.nonfinite) continue;
      bits.losses.push_back(step.loss);
      bits.gradient_norms.push_back(step.grad_norm);
    }
    for (const EvaluationReport& report : outcome.Messages<EvaluationReport>())
      bits.evaluations.push_back(report.values);
    return bits;
  }

  TemporaryDirectory directory_;
  std::int64_t train_samples_ = 0;
};

TEST_P(SameBitsTest, OnAnyNumberOfWorkers) {
  const Bits alone = Train({.workers = 1});

  for (const int workers : {2, 3, 4})
    EXPECT_EQ(Train({.workers = workers}), alone) << workers << " workers";
}

TEST_P(SameBitsTest, WithAnyNumberOfThreads) {
  const Bits one_thread = Train({.workers = 1});

  for (const int workers : {1, 2})
    EXPECT_EQ(Train({.workers = workers, .threads = 2}), one_thread) << workers << " workers";
}

TEST_P(SameBitsTest, HoweverTheUpdateIsSharedOut) {
  const Bits alone = Train({.workers = 1});

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded})
    for (const bool shares_memory : {false, true})
      for (const int workers : {2, 3, 4})
        EXPECT_EQ(Train({.workers = workers, .update = update, .shares_memory = shares_memory}),
                  alone)
            << workers << " workers, sharded " << (update == UpdateKind::kSharded)
            << ", in shared memory " << shares_memory;
}

TEST_P(SameBitsTest, StoppedAndResumedOnOtherWorkers) {
  const Bits undisturbed = Train({.workers = 1});
  const Way three = {.workers = 3};
  const Way two_sharded = {.workers = 2, .threads = 2, .update = UpdateKind::kSharded};

  for (const std::int64_t step : {1, 4}) {
    EXPECT_EQ(TrainInTwoAttempts(step, three, two_sharded), undisturbed) << "step " << step;
    EXPECT_EQ(TrainInTwoAttempts(step, two_sharded, three), undisturbed) << "step " << step;
  }
}

TEST_P(SameBitsTest, WithActivationsKeptOrComputedAgain) {
  const Bits kept = Train({.workers = 1});

  spec_.model.activation_checkpointing = ActivationCheckpointing::kFull;

  EXPECT_EQ(Train({.workers = 1}), kept);
  EXPECT_EQ(Train({.workers = 3, .threads = 2, .update = UpdateKind::kSharded}), kept);
}

// Otherwise the other tests would compare nothing.
TEST_P(SameBitsTest, ButOtherBitsForAnotherSeed) {
  const Bits first = Train({.workers = 1});

  spec_.seed = 8;

  const Bits second = Train({.workers = 1});
  EXPECT_NE(second.digest, first.digest);
  EXPECT_NE(second.losses.back(), first.losses.back());
}

INSTANTIATE_TEST_SUITE_P(Variants, SameBitsTest, ::testing::ValuesIn(SameBitsVariants()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace descent
