#include "common/job_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

JobSpec ValidSpec() {
  JobSpec spec;
  spec.name = "fashion-mlp";
  std::get<MlpSpec>(spec.model.architecture).hidden_sizes = {512, 256};
  spec.data.train.path = "/data/train";
  spec.batch.global = 256;
  spec.epochs = 10;
  spec.workers.max = 4;
  return WithDefaults(spec);
}

std::vector<std::string> FieldsOf(const std::vector<Violation>& violations) {
  std::vector<std::string> fields;
  for (const Violation& violation : violations) fields.push_back(violation.field);
  return fields;
}

TEST(WithDefaultsTest, LogicalWorkersAreAPowerOfTwoThatHoldsAllWorkers) {
  JobSpec spec;
  spec.workers.max = 5;

  EXPECT_EQ(WithDefaults(spec).batch.logical_workers, 8);
}

TEST(WithDefaultsTest, MicroIsTheLargestPartOfAFullBatch) {
  JobSpec spec;
  spec.batch.global = 10;
  spec.batch.logical_workers = 4;

  EXPECT_EQ(WithDefaults(spec).batch.micro, 3);
}

TEST(WithDefaultsTest, WorkersMaxFollowsMin) {
  JobSpec spec;
  spec.workers.min = 3;

  EXPECT_EQ(WithDefaults(spec).workers.max, 3);
}

TEST(WithDefaultsTest, GivenValuesStay) {
  JobSpec spec = ValidSpec();
  spec.batch.micro = 16;
  spec.batch.logical_workers = 16;

  EXPECT_EQ(WithDefaults(spec).batch.micro, 16);
  EXPECT_EQ(WithDefaults(spec).batch.logical_workers, 16);
}

TEST(ValidateJobSpecTest, AValidSpecHasNoViolations) {
  EXPECT_THAT(ValidateJobSpec(ValidSpec()), IsEmpty());
}

TEST(ValidateJobSpecTest, AMessageSaysWhatWasFoundAndWanted) {
  JobSpec spec = ValidSpec();
  spec.batch.micro = 0;

  EXPECT_THAT(ValidateJobSpec(spec),
              ElementsAre(Violation{"batch.micro",
                                    "0, must be at least 1 and at most batch.global "
                                    "256"}));
}

TEST(ValidateJobSpecTest, AnEmptySpecShowsAllThatIsMissingAtOnce) {
  EXPECT_THAT(FieldsOf(ValidateJobSpec(WithDefaults(JobSpec()))),
              UnorderedElementsAre("name", "data.train.path", "batch.global", "epochs"));
}

TEST(ValidateJobSpecTest, EveryFieldIsCheckedAtOnce) {
  JobSpec spec = ValidSpec();
  spec.name = "No Name";
  spec.model.architecture = MlpSpec{.hidden_sizes = {512, 0}, .dropout = 1.0};
  spec.data.train.path = "";
  spec.data.validation = DatasetSpec{.path = "", .range = IndexRange{5, 5}};
  spec.data.normalize = {.mean = {NAN}, .std = {0.0}};
  spec.batch.logical_workers = 3;
  spec.stop_at_step = -1;
  spec.steps = 100;
  spec.optimizer = {
      .algorithm = AdamWSpec{.lr = 0, .betas = {0.9, 1.0}, .eps = -1, .weight_decay = INFINITY},
      .clip_norm = NAN};
  std::get<AdamWSpec>(spec.optimizer.algorithm).no_decay = {""};
  spec.lr_schedule = {.warmup_steps = 101, .min_lr = -1};
  spec.evaluate = {.every_steps = -1, .every_epochs = -1, .samples = -1};
  spec.checkpoint = {.every_steps = -1, .keep_last = 0};
  spec.workers = {.min = 0, .max = 5000, .threads = 0};
  spec.restarts_max = -1;

  EXPECT_THAT(FieldsOf(ValidateJobSpec(spec)),
              UnorderedElementsAre(
                  "name", "model.mlp.hidden_sizes[1]", "model.mlp.dropout", "data.train.path",
                  "data.validation.path", "data.validation.range", "data.normalize.mean",
                  "data.normalize.std", "batch.logical_workers", "epochs", "stop_at_step",
                  "optimizer.adamw.lr", "optimizer.adamw.betas", "optimizer.adamw.eps",
                  "optimizer.adamw.weight_decay", "optimizer.adamw.no_decay", "optimizer.clip_norm",
                  "lr_schedule.warmup_steps", "lr_schedule.min_lr", "evaluate.every_steps",
                  "evaluate.every_epochs", "evaluate.samples", "checkpoint.every_steps",
                  "checkpoint.keep_last", "workers.min", "workers.max", "workers.max",
                  "workers.threads", "restarts.max"));
}

JobSpec ValidTextSpec() {
  JobSpec spec = ValidSpec();
  spec.model.architecture =
      GptSpec{.layers = 2, .heads = 4, .embedding_size = 64, .context_length = 32};
  spec.data = {};
  spec.data.train = {.path = "/texts/*", .format = DataFormat::kText};
  return WithDefaults(spec);
}

TEST(ValidateJobSpecTest, AGptOnTextIsValidWithSamplesThatDoNotOverlap) {
  const JobSpec spec = ValidTextSpec();

  EXPECT_THAT(ValidateJobSpec(spec), IsEmpty());
  EXPECT_EQ(spec.data.train.stride, 32);
}

TEST(ValidateJobSpecTest, EveryFieldOfAGptIsCheckedAtOnce) {
  JobSpec spec = ValidTextSpec();
  spec.model.architecture =
      GptSpec{.layers = 0, .heads = 3, .embedding_size = 64, .context_length = 0, .dropout = 1};
  spec.data.train.fraction = FractionRange{0.9, 0.1};
  spec.data.train.range = IndexRange{0, 5000};
  spec.data.train.stride = -1;

  EXPECT_THAT(FieldsOf(ValidateJobSpec(spec)),
              UnorderedElementsAre("model.gpt.layers", "model.gpt.embedding_size",
                                   "model.gpt.context_length", "model.gpt.dropout",
                                   "data.train.fraction", "data.train.range", "data.train.stride"));
}

TEST(ValidateJobSpecTest, AModelRefusesDataOfAnotherFormat) {
  JobSpec images = ValidSpec();
  images.data.train = {.path = "/texts/*", .format = DataFormat::kText};
  images.data.tokenizer = Tokenizer::kByte;
  JobSpec text = ValidTextSpec();
  text.data.train = {.path = "/data/train"};
  text.data.tokenizer.reset();

  EXPECT_THAT(
      ValidateJobSpec(images),
      ElementsAre(Violation{"data.train.format",
                            "text, must be one of idx, images, cifar10, cifar100, csv, tsv, npy, "
                            "npz, synthetic, as the model learns from features"}));
  EXPECT_THAT(ValidateJobSpec(text),
              ElementsAre(Violation{"data.train.format",
                                    "idx, must be text, tokens, which model.gpt learns from"}));
}

TEST(ValidateJobSpecTest, FieldsOfTextAreRefusedForImages) {
  JobSpec spec = ValidSpec();
  spec.data.train.fraction = FractionRange{0, 0.5};
  spec.data.train.stride = 8;

  EXPECT_THAT(FieldsOf(ValidateJobSpec(spec)),
              UnorderedElementsAre("data.train.fraction", "data.train.stride"));
}

TEST(ValidateJobSpecTest, MoreWorkersThanLogicalWorkersNamesBoth) {
  JobSpec spec = ValidSpec();
  spec.workers.max = 8;
  spec.batch.logical_workers = 4;

  EXPECT_THAT(ValidateJobSpec(spec),
              ElementsAre(Violation{"workers.max", "8, must be at most batch.logical_workers 4"}));
}

TEST(ValidateJobSpecTest, ABatchSmallerThanItsLogicalWorkersIsRefused) {
  JobSpec spec = ValidSpec();
  spec.batch = {.global = 2, .micro = 1, .logical_workers = 4};

  EXPECT_THAT(ValidateJobSpec(spec),
              ElementsAre(Violation{"batch.logical_workers", "4, must be at most batch.global 2"}));
}

TEST(ValidateJobSpecTest, EpochsTogetherWithStepsAreRefused) {
  JobSpec spec = ValidSpec();
  spec.steps = 100;

  EXPECT_THAT(ValidateJobSpec(spec),
              ElementsAre(Violation{
                  "epochs", "epochs 10 and steps 100, must be exactly one of them above 0"}));
}

TEST(ValidateJobSpecTest, AMinimumAboveTheLearningRateIsRefused) {
  JobSpec spec = ValidSpec();
  spec.lr_schedule.min_lr = 0.5;

  EXPECT_THAT(ValidateJobSpec(spec),
              ElementsAre(Violation{"lr_schedule.min_lr",
                                    "0.5, must be at most optimizer.adamw.lr 0.001"}));
}

TEST(ValidateJobSpecTest, ARangeThatFillsNoBatchIsRefused) {
  JobSpec spec = ValidSpec();
  spec.data.train.range = IndexRange{0, 255};

  EXPECT_THAT(FieldsOf(ValidateJobSpec(spec)), ElementsAre("data.train.range"));
}

TEST(ValidateJobSpecTest, TextIsQuotedWithoutControlCharacters) {
  JobSpec spec = ValidSpec();
  spec.name = "a\x1b[2Jb";

  EXPECT_THAT(ValidateJobSpec(spec)[0].message, testing::StartsWith("\"a?[2Jb\", must be"));
}

TEST(ValidateAgainstTrainingSetTest, ABatchLargerThanTheTrainingSetIsRefused) {
  const std::vector<Violation> violations = ValidateAgainstTrainingSet(ValidSpec(), 255);

  EXPECT_THAT(violations,
              ElementsAre(Violation{"batch.global",
                                    "256, must be at most the 255 training samples when the tail "
                                    "is dropped"}));
}

TEST(ValidateAgainstTrainingSetTest, AStopBeyondTheLastStepIsRefused) {
  JobSpec spec = ValidSpec();
  spec.stop_at_step = 11;
  spec.lr_schedule.warmup_steps = 12;

  EXPECT_THAT(FieldsOf(ValidateAgainstTrainingSet(spec, 256)),
              ElementsAre("stop_at_step", "lr_schedule.warmup_steps"));
}

TEST(ValidateAgainstTrainingSetTest, AFittingSpecHasNoViolations) {
  EXPECT_THAT(ValidateAgainstTrainingSet(ValidSpec(), 60000), IsEmpty());
}

TEST(BatchArithmeticTest, EpochsBecomeSteps) {
  const BatchArithmetic arithmetic = ComputeBatchArithmetic(ValidSpec(), 60000);

  EXPECT_EQ(arithmetic.steps_per_epoch, 234);
  EXPECT_EQ(arithmetic.total_steps, 2340);
  EXPECT_EQ(arithmetic.last_step, 2340);
}

TEST(BatchArithmeticTest, AnEarlyStopDoesNotShortenTheSchedule) {
  JobSpec spec = ValidSpec();
  spec.stop_at_step = 120;

  const BatchArithmetic arithmetic = ComputeBatchArithmetic(spec, 60000);

  EXPECT_EQ(arithmetic.total_steps, 2340);
  EXPECT_EQ(arithmetic.last_step, 120);
}

TEST(ValidateJobSpecTest, EarlyStoppingNeedsPatienceAValidationSplitAndRegularEvaluations) {
  JobSpec spec = ValidSpec();
  spec.data.validation.reset();
  spec.evaluate = {};
  spec.early_stopping = EarlyStoppingSpec{.patience = 0, .min_delta = -1};

  EXPECT_EQ(
      ValidateJobSpec(spec),
      (std::vector<Violation>{
          {"early_stopping.patience", "0, must be at least 1"},
          {"early_stopping.min_delta", "-1, must be at least 0 and finite"},
          {"early_stopping",
           "no data.validation, must be absent, or given with a validation split to decide by"},
          {"early_stopping",
           "one evaluation, after the last step, must be absent, or given with "
           "evaluate.every_steps or evaluate.every_epochs"}}));
}

TEST(ValidateJobSpecTest, TheBestCheckpointByAMetricNeedsAValidationSplit) {
  JobSpec spec = ValidSpec();
  spec.data.validation.reset();
  spec.checkpoint.best_metric = EvaluationMetric::kAccuracy;

  EXPECT_EQ(ValidateJobSpec(spec),
            (std::vector<Violation>{
                {"checkpoint.best.metric",
                 "accuracy, must be absent where there is no data.validation to measure it on"}}));
}

}  // namespace
}  // namespace descent
