#include "worker/train/assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/blob_dataset.h"
#include "tests/support/temporary_directory.h"
#include "worker/collective/in_process_collective.h"
#include "worker/collective/shared_memory_collective.h"

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;

class RecordingReporter final : public AssignmentReporter {
 public:
  explicit RecordingReporter(std::function<void(const WorkerMessage&)> on_report)
      : on_report_(std::move(on_report)) {}

  void Report(WorkerMessage message) override {
    messages.push_back(message);
    if (on_report_) on_report_(messages.back());
  }
  void SetPhase(std::string_view, std::int64_t) override {}

  template <typename T>
  std::vector<T> Messages() const {
    std::vector<T> found;
    for (const WorkerMessage& message : messages)
      if (const T* typed = std::get_if<T>(&message)) found.push_back(*typed);
    return found;
  }

  std::vector<WorkerMessage> messages;

 private:
  const std::function<void(const WorkerMessage&)> on_report_;
};

// A job over all ranks of one process, each rank a thread, granted everything in advance.
class AssignmentTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTrainSamples = 203;

  AssignmentTest() {
    BlobDataset{.samples = kTrainSamples}.Write(directory_.path() / "train");
    BlobDataset{.samples = 301, .seed = 2}.Write(directory_.path() / "test");
    spec_.name = "blobs";
    spec_.model.architecture =
        MlpSpec{.hidden_sizes = {16, 8}, .activation = Activation::kGelu, .dropout = 0.2};
    spec_.data.train.path = directory_.path() / "train";
    spec_.data.validation = DatasetSpec{.path = directory_.path() / "test", .range = {}};
    spec_.batch = {.global = 30, .micro = 3, .logical_workers = 8, .tail = EpochTail::kKeep};
    spec_.steps = 40;
    spec_.seed = 7;
    spec_.optimizer.adamw.no_decay = {"*.bias"};
    spec_.optimizer.clip_norm = 1.0;
    spec_.lr_schedule = {.kind = LrScheduleKind::kCosine, .warmup_steps = 5};
    spec_ = WithDefaults(spec_);
  }

  struct Outcome {
    std::vector<AssignmentEnded> ended;   // by rank
    RecordingReporter reporter{nullptr};  // rank 0's
  };

  struct RunOptions {
    int world_size = 1;
    std::int64_t first_step = 0;
    std::int64_t last_step = 40;
    std::string start_checkpoint = {};
    std::string instruction_set = "avx2";
    bool shares_memory = false;       // the ranks, through the collective
    std::int64_t evaluate_every = 0;  // 0: in the middle and at the end
    bool saves_in_the_middle = false;
    std::string job = "blobs";
    int stop_rank = -1;             // this rank is told to stop…
    std::int64_t stop_at_step = 0;  // …when rank 0 reports this step
  };

  Outcome Run(const RunOptions& options) {
    InProcessGroup group(options.world_size);
    const SharedMemoryRoom room = SharedMemoryRoom::Make(options.world_size).value();
    std::vector<StepControl> controls(static_cast<std::size_t>(options.world_size));
    for (StepControl& control : controls) Grant(control, options);
    Outcome outcome;
    outcome.ended.resize(controls.size());
    std::vector<RecordingReporter> reporters;
    for (int rank = 0; rank < options.world_size; ++rank)
      reporters.emplace_back([&controls, options](const WorkerMessage& message) {
        const auto* steps = std::get_if<StepReports>(&message);
        if (steps && options.stop_rank >= 0 && steps->steps[0].step == options.stop_at_step)
          controls[static_cast<std::size_t>(options.stop_rank)].RequestStop();
      });

    std::vector<std::thread> ranks;
    for (int rank = 0; rank < options.world_size; ++rank)
      ranks.emplace_back([&, rank] {
        const std::unique_ptr<Collective> collective =
            options.shares_memory ? SharedMemoryRoom::Join(room.invitation(), rank).value()
                                  : MakeInProcessCollective(group, rank);
        const auto index = static_cast<std::size_t>(rank);
        outcome.ended[index] = RunAssignment(MakeAssign(rank, options), options.instruction_set,
                                             *collective, controls[index], reporters[index]);
      });
    for (std::thread& rank : ranks) rank.join();
    for (const WorkerMessage& message : reporters[0].messages) outcome.reporter.Report(message);
    return outcome;
  }

  // The digest that all ranks agree on.
  std::string DigestOf(const RunOptions& options) {
    std::set<std::string> digests;
    for (const AssignmentEnded& ended : Run(options).ended) {
      EXPECT_NE(ended.outcome, EndOutcome::kFailed) << ended.reason << ": " << ended.message;
      digests.insert(ended.state_digest.ToHex());
    }
    EXPECT_EQ(digests.size(), 1u);
    return *digests.begin();
  }

  std::vector<StepMetrics> MetricsOf(const RunOptions& options) {
    std::vector<StepMetrics> metrics;
    for (const StepReports& reports : Run(options).reporter.Messages<StepReports>())
      metrics.insert(metrics.end(), reports.steps.begin(), reports.steps.end());
    return metrics;
  }

  // A GPT of two layers with dropout on kTrainSamples samples of text, instead of the network on
  // pictures.
  void TrainGptOnText() {
    constexpr std::int64_t kContext = 8;
    std::ofstream text(directory_.path() / "text");
    for (std::int64_t i = 0; i < kContext * kTrainSamples + 1; ++i) text << "to be or not"[i % 12];
    text.close();
    spec_.model.architecture = GptSpec{
        .layers = 2, .heads = 2, .embedding_size = 32, .context_length = kContext, .dropout = 0.1};
    spec_.data.train = {.path = directory_.path() / "text", .format = DataFormat::kText};
    spec_.data.validation.reset();
    spec_.batch.logical_workers = 4;
    spec_ = WithDefaults(spec_);
  }

  std::filesystem::path CheckpointDirectory() const { return directory_.path() / "checkpoints"; }

  TemporaryDirectory directory_;
  JobSpec spec_;

 private:
  void Grant(StepControl& control, const RunOptions& options) const {
    control.PutBegin(
        {.generation = 1, .shard_plan = MakeShardPlan(spec_, kTrainSamples), .total_steps = 40});
    const std::int64_t middle = (options.first_step + options.last_step) / 2;
    const std::int64_t length =
        options.evaluate_every > 0 ? options.evaluate_every : middle - options.first_step;
    for (std::int64_t first = options.first_step; first < options.last_step;) {
      const bool is_final = first + 2 * length > options.last_step && first >= middle;
      const std::int64_t last = is_final ? options.last_step : first + length;
      control.PutGrant({.generation = 1,
                        .first = first,
                        .last = last,
                        .evaluate = true,
                        .save_checkpoint = is_final || options.saves_in_the_middle,
                        .is_final = is_final});
      first = last;
    }
  }

  Assign MakeAssign(int rank, const RunOptions& options) const {
    Assign assign{.job = options.job,
                  .generation = 1,
                  .spec = spec_,
                  .world_ranks = {},
                  .rank = rank,
                  .checkpoint_directory = CheckpointDirectory(),
                  .start_checkpoint = options.start_checkpoint};
    for (int i = 0; i < options.world_size; ++i) assign.world_ranks.push_back(i);
    return assign;
  }
};

TEST_F(AssignmentTest, TheStateHasTheSameBitsForAnyNumberOfWorkers) {
  const std::string one_worker = DigestOf({.world_size = 1});

  for (const int world_size : {2, 3, 5, 8})
    EXPECT_EQ(DigestOf({.world_size = world_size}), one_worker) << world_size << " workers";
}

TEST_F(AssignmentTest, TheStateHasTheSameBitsForAnyNumberOfThreads) {
  const std::string one_thread = DigestOf({.world_size = 2});

  spec_.workers.threads = 2;

  EXPECT_EQ(DigestOf({.world_size = 2}), one_thread);
}

TEST_F(AssignmentTest, AResumedRunOnOtherWorkersEndsWithTheSameBits) {
  const std::string undisturbed = DigestOf({.world_size = 2});
  std::filesystem::remove_all(CheckpointDirectory());

  DigestOf({.world_size = 3, .last_step = 22});
  const std::string resumed = DigestOf(
      {.world_size = 4, .first_step = 22, .start_checkpoint = CheckpointDirectory() / "step-22"});

  EXPECT_EQ(resumed, undisturbed);
}

TEST_F(AssignmentTest, TheStateHasTheSameBitsHoweverTheUpdateIsSharedOut) {
  const std::string replicated = DigestOf({.world_size = 1});

  spec_.update = UpdateKind::kSharded;

  for (const int world_size : {1, 2, 3, 4})
    EXPECT_EQ(DigestOf({.world_size = world_size}), replicated) << world_size << " workers";
}

TEST_F(AssignmentTest, TheStateHasTheSameBitsWhereRanksShareMemory) {
  const std::string messages = DigestOf({.world_size = 1});

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    spec_.update = update;
    for (const int world_size : {1, 2, 3, 4})
      EXPECT_EQ(DigestOf({.world_size = world_size, .shares_memory = true}), messages)
          << world_size << " workers";
  }
}

TEST_F(AssignmentTest, AGptHasTheSameBitsForAnyWorkersCollectiveAndUpdate) {
  TrainGptOnText();
  const std::string one_worker = DigestOf({.world_size = 1, .last_step = 4});

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    spec_.update = update;
    for (const bool shares_memory : {false, true})
      for (const int world_size : {1, 2, 3, 4})
        EXPECT_EQ(
            DigestOf({.world_size = world_size, .last_step = 4, .shares_memory = shares_memory}),
            one_worker)
            << world_size << " workers";
  }
}

TEST_F(AssignmentTest, ACheckpointOfOneKindOfUpdateContinuesUnderTheOther) {
  const std::string undisturbed = DigestOf({.world_size = 2});
  for (const UpdateKind first : {UpdateKind::kReplicated, UpdateKind::kSharded})
    for (const bool shares_memory : {false, true}) {
      std::filesystem::remove_all(CheckpointDirectory());
      spec_.update = first;
      DigestOf({.world_size = 3, .last_step = 22, .shares_memory = shares_memory});

      spec_.update = first == UpdateKind::kSharded ? UpdateKind::kReplicated : UpdateKind::kSharded;
      const std::string resumed = DigestOf({.world_size = 2,
                                            .first_step = 22,
                                            .start_checkpoint = CheckpointDirectory() / "step-22",
                                            .shares_memory = !shares_memory});

      EXPECT_EQ(resumed, undisturbed);
    }
}

// The grants save in the middle of a sharded run as well: the moments are gathered, and dropped.
TEST_F(AssignmentTest, ACheckpointOnTheWayDoesNotChangeTheBitsOfAShardedRun) {
  const std::string undisturbed = DigestOf({.world_size = 3});
  spec_.update = UpdateKind::kSharded;

  const std::string disturbed = DigestOf({.world_size = 3, .saves_in_the_middle = true});

  EXPECT_EQ(disturbed, undisturbed);
  EXPECT_TRUE(std::filesystem::exists(CheckpointDirectory() / "step-20"));
}

TEST_F(AssignmentTest, AnotherSeedGivesOtherBits) {
  const std::string first = DigestOf({.world_size = 1});
  std::filesystem::remove_all(CheckpointDirectory());

  spec_.seed = 8;

  EXPECT_NE(DigestOf({.world_size = 1}), first);
}

TEST_F(AssignmentTest, TrainingSignalsHaveTheSameBitsForAnyWorkersCollectiveAndUpdate) {
  const std::vector<StepMetrics> alone = MetricsOf({.world_size = 1});
  ASSERT_EQ(alone.size(), 40u);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_TRUE(alone[i].noise.has_value()) << i;
    EXPECT_GT(alone[i].noise->noise, 0) << i;
    EXPECT_EQ(alone[i].update_ratio.has_value(), i % 10 == 0) << i;
  }
  EXPECT_GT(*alone[0].update_ratio, 0);

  for (const UpdateKind update : {UpdateKind::kReplicated, UpdateKind::kSharded}) {
    spec_.update = update;
    for (const bool shares_memory : {false, true})
      for (const int world_size : {2, 3, 8}) {
        const std::vector<StepMetrics> shared =
            MetricsOf({.world_size = world_size, .shares_memory = shares_memory});
        ASSERT_EQ(shared.size(), alone.size());
        for (std::size_t i = 0; i < alone.size(); ++i) {
          EXPECT_EQ(shared[i].noise, alone[i].noise) << world_size << " workers, step " << i;
          EXPECT_EQ(shared[i].update_ratio, alone[i].update_ratio) << world_size << ", step " << i;
        }
      }
  }
}

TEST_F(AssignmentTest, OneLogicalWorkerTellsNothingOfTheNoise) {
  spec_.batch.logical_workers = 1;

  for (const StepMetrics& metrics : MetricsOf({.world_size = 1})) EXPECT_FALSE(metrics.noise);
}

TEST_F(AssignmentTest, EvaluationGivesTheSameBitsForAnyNumberOfWorkers) {
  const Outcome one = Run({.world_size = 1});
  const Outcome three = Run({.world_size = 3});

  const auto expected = one.reporter.Messages<EvaluationReport>();
  const auto found = three.reporter.Messages<EvaluationReport>();
  ASSERT_EQ(expected.size(), 2u);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].values, expected[1].values);
}

TEST_F(AssignmentTest, TrainingLearnsTheBlobs) {
  std::get<MlpSpec>(spec_.model.architecture).dropout = 0;
  spec_.optimizer.adamw.lr = 0.02;

  const auto evaluations = Run({.world_size = 2}).reporter.Messages<EvaluationReport>();

  ASSERT_EQ(evaluations.size(), 2u);
  EXPECT_GT(evaluations[1].values.at(EvaluationMetric::kAccuracy), 0.95);
}

TEST_F(AssignmentTest, AnEvaluationHasTheMetricsOfItsData) {
  const auto pictures = Run({.world_size = 1}).reporter.Messages<EvaluationReport>();
  ASSERT_FALSE(pictures.empty());
  EXPECT_THAT(pictures[0].values,
              ElementsAre(Key(EvaluationMetric::kLoss), Key(EvaluationMetric::kAccuracy)));

  TrainGptOnText();
  spec_.data.validation = spec_.data.train;
  const auto texts = Run({.world_size = 2, .last_step = 2}).reporter.Messages<EvaluationReport>();

  ASSERT_FALSE(texts.empty());
  const EvaluationValues& values = texts[0].values;
  EXPECT_EQ(values.size(), 4u);
  EXPECT_NEAR(values.at(EvaluationMetric::kPerplexity),
              std::exp(values.at(EvaluationMetric::kLoss)), 1e-9);
  EXPECT_GE(values.at(EvaluationMetric::kTopFiveAccuracy), values.at(EvaluationMetric::kAccuracy));
}

// No step improves anything by so much.
constexpr EarlyStoppingSpec kImpatient = {.patience = 2, .min_delta = 1e3};

TEST_F(AssignmentTest, EarlyStoppingEndsAllRanksAfterTheSameStepWithACheckpoint) {
  spec_.early_stopping = kImpatient;

  const Outcome outcome = Run({.world_size = 3, .evaluate_every = 5});

  for (const AssignmentEnded& ended : outcome.ended) {
    EXPECT_EQ(ended.outcome, EndOutcome::kStoppedEarly);
    EXPECT_EQ(ended.step, 15);
    EXPECT_EQ(ended.state_digest, outcome.ended[0].state_digest);
    EXPECT_THAT(ended.message, HasSubstr("2 evaluations did not improve validation/loss"));
    EXPECT_THAT(ended.message, HasSubstr("of step 5"));
  }
  const auto checkpoints = outcome.reporter.Messages<CheckpointWritten>();
  ASSERT_EQ(checkpoints.size(), 1u);
  EXPECT_EQ(checkpoints[0].step, 15);
}

TEST_F(AssignmentTest, EarlyStoppingGoesOnWaitingAfterARestartOnOtherWorkers) {
  spec_.early_stopping = kImpatient;
  DigestOf({.world_size = 2, .last_step = 10, .evaluate_every = 5});

  const Outcome outcome = Run({.world_size = 3,
                               .first_step = 10,
                               .start_checkpoint = CheckpointDirectory() / "step-10",
                               .evaluate_every = 5});

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kStoppedEarly);
  EXPECT_EQ(outcome.ended[0].step, 15);
}

TEST_F(AssignmentTest, AnAttemptThatBeginsWhereEarlyStoppingEndedEndsAtOnce) {
  spec_.early_stopping = kImpatient;
  const std::string stopped = DigestOf({.world_size = 2, .evaluate_every = 5});

  const Outcome outcome = Run({.world_size = 1,
                               .first_step = 15,
                               .start_checkpoint = CheckpointDirectory() / "step-15",
                               .evaluate_every = 5});

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kStoppedEarly);
  EXPECT_EQ(outcome.ended[0].state_digest.ToHex(), stopped);
  EXPECT_TRUE(outcome.reporter.Messages<StepReports>().empty());
}

TEST_F(AssignmentTest, AForkOfAJobThatStoppedEarlyBeginsToWaitAnew) {
  spec_.early_stopping = kImpatient;
  DigestOf({.world_size = 2, .evaluate_every = 5});

  const Outcome outcome = Run({.world_size = 2,
                               .first_step = 15,
                               .start_checkpoint = CheckpointDirectory() / "step-15",
                               .evaluate_every = 5,
                               .job = "fork"});

  EXPECT_EQ(outcome.ended[0].outcome, EndOutcome::kStoppedEarly);
  EXPECT_EQ(outcome.ended[0].step, 30);
}

TEST_F(AssignmentTest, AMetricThatTheDataDoNotHaveIsRefused) {
  spec_.checkpoint.best_metric = EvaluationMetric::kPerplexity;

  const AssignmentEnded ended = Run({.world_size = 1}).ended[0];

  EXPECT_EQ(ended.reason, "DataInvalid");
  EXPECT_EQ(ended.message,
            "checkpoint.best.metric: perplexity, must be one that these data have: loss, accuracy");
}

TEST_F(AssignmentTest, TheBestCheckpointByAccuracyStaysOnDisk) {
  spec_.checkpoint = {.keep_last = 1, .best_metric = EvaluationMetric::kAccuracy};
  spec_.optimizer.adamw.lr = 1e-12;  // every evaluation is the same: the first is the best

  DigestOf({.world_size = 1, .evaluate_every = 5, .saves_in_the_middle = true});

  EXPECT_TRUE(std::filesystem::exists(CheckpointDirectory() / "step-5"));
  EXPECT_FALSE(std::filesystem::exists(CheckpointDirectory() / "step-10"));
}

TEST_F(AssignmentTest, EveryStepIsReportedOnceInOrder) {
  std::vector<std::int64_t> steps;
  for (const StepReports& reports : Run({.world_size = 2}).reporter.Messages<StepReports>())
    for (const StepMetrics& metrics : reports.steps) steps.push_back(metrics.step);

  ASSERT_EQ(steps.size(), 40u);
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(steps[i], static_cast<std::int64_t>(i) + 1);
}

TEST_F(AssignmentTest, AStopAtOneRankStopsAllAfterTheSameStepWithACheckpoint) {
  const Outcome outcome = Run({.world_size = 3, .stop_rank = 2, .stop_at_step = 10});

  for (const AssignmentEnded& ended : outcome.ended) {
    EXPECT_EQ(ended.outcome, EndOutcome::kStopped);
    EXPECT_EQ(ended.step, outcome.ended[0].step);
  }
  const auto checkpoints = outcome.reporter.Messages<CheckpointWritten>();
  ASSERT_EQ(checkpoints.size(), 1u);
  EXPECT_EQ(checkpoints[0].step, outcome.ended[0].step);
}

TEST_F(AssignmentTest, MissingDataFailsWithTheFileNamed) {
  spec_.data.train.path = directory_.path() / "nowhere";

  const AssignmentEnded ended = Run({.world_size = 1}).ended[0];

  EXPECT_EQ(ended.outcome, EndOutcome::kFailed);
  EXPECT_EQ(ended.reason, "DataInvalid");
  EXPECT_THAT(ended.message, HasSubstr("nowhere-images-idx3-ubyte"));
  EXPECT_FALSE(ended.retryable);
}

TEST_F(AssignmentTest, ALossThatIsNotFiniteFailsOnAllRanksInTheSameStep) {
  spec_.optimizer.adamw.lr = 1e30;
  spec_.optimizer.clip_norm = 0;

  const Outcome outcome = Run({.world_size = 3});

  for (const AssignmentEnded& ended : outcome.ended) {
    EXPECT_EQ(ended.reason, "NonFiniteLoss");
    EXPECT_EQ(ended.step, outcome.ended[0].step);
  }
}

TEST_F(AssignmentTest, ACheckpointOfAnotherModelIsRefused) {
  DigestOf({.world_size = 1, .last_step = 10});
  std::get<MlpSpec>(spec_.model.architecture).hidden_sizes = {16, 9};

  const AssignmentEnded ended = Run({.world_size = 1,
                                     .first_step = 10,
                                     .start_checkpoint = CheckpointDirectory() / "step-10"})
                                    .ended[0];

  EXPECT_EQ(ended.reason, "CheckpointMismatch");
}

TEST_F(AssignmentTest, ACheckpointOfAnotherInstructionSetIsRefused) {
  DigestOf({.world_size = 1, .last_step = 10});

  const AssignmentEnded ended = Run({.world_size = 1,
                                     .first_step = 10,
                                     .start_checkpoint = CheckpointDirectory() / "step-10",
                                     .instruction_set = "avx512"})
                                    .ended[0];

  EXPECT_EQ(ended.reason, "CheckpointMismatch");
  EXPECT_THAT(ended.message, HasSubstr("avx2"));
  EXPECT_THAT(ended.message, HasSubstr("avx512"));
}

TEST_F(AssignmentTest, AModelThatCannotFitIsRefusedBeforeItIsAllocated) {
  std::get<MlpSpec>(spec_.model.architecture).hidden_sizes = {1 << 20, 1 << 20};

  const AssignmentEnded ended = Run({.world_size = 1}).ended[0];

  EXPECT_EQ(ended.reason, "OutOfMemory");
  EXPECT_FALSE(ended.retryable);
}

TEST_F(AssignmentTest, TheCheckpointBeforeTheNewestStaysUntilTheNewestIsHeardOf) {
  spec_.checkpoint.keep_last = 1;
  DigestOf({.world_size = 1, .last_step = 10});

  DigestOf({.world_size = 1,
            .first_step = 10,
            .last_step = 20,
            .start_checkpoint = CheckpointDirectory() / "step-10"});

  EXPECT_TRUE(std::filesystem::exists(CheckpointDirectory() / "step-10"));
}

}  // namespace
}  // namespace descent
