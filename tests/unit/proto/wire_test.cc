#include "proto/wire.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>

namespace descent {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Every field differs from its default, so that a forgotten one is seen.
JobSpec FullSpec() {
  JobSpec spec;
  spec.name = "full";
  spec.model.architecture =
      MlpSpec{.hidden_sizes = {5, 7}, .activation = Activation::kGelu, .dropout = 0.25};
  spec.data.train = {.path = "/data/train", .range = IndexRange{3, 900}};
  spec.data.validation = DatasetSpec{.path = "/data/validation", .range = {}};
  spec.data.test = DatasetSpec{.path = "/data/test", .range = {}};
  spec.data.normalize = {.mean = {0.5}, .std = {0.25}};
  spec.batch = {.global = 64, .micro = 4, .logical_workers = 8, .tail = EpochTail::kKeep};
  spec.epochs = 9;
  spec.stop_at_step = 11;
  spec.verify_every = 23;
  spec.seed = 0xfedcba9876543210u;
  spec.optimizer.algorithm = AdamWSpec{
      .lr = 2e-3, .betas = {0.8, 0.99}, .eps = 1e-7, .weight_decay = 0.2, .no_decay = {"*.bias"}};
  spec.optimizer.clip_norm = 2.0;
  spec.lr_schedule = {.kind = LrScheduleKind::kCosine, .warmup_steps = 13, .min_lr = 1e-6};
  spec.evaluate = {.every_steps = 17, .every_epochs = 0};
  spec.checkpoint = {.every_steps = 19, .keep_last = 3};
  spec.workers = {.min = 2, .max = 6, .threads = 3};
  spec.restarts_max = 4;
  spec.collective = CollectiveKind::kSharedMemory;
  spec.update = UpdateKind::kSharded;
  return spec;
}

TEST(WireTest, ASpecComesBackAsItWent) {
  const v1::JobSpec sent = ToProto(FullSpec());

  const Result<JobSpec> received = FromProto(sent);

  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(ToProto(received.value()).SerializeAsString(), sent.SerializeAsString());
  EXPECT_EQ(received.value().seed, 0xfedcba9876543210u);
  EXPECT_THAT(std::get<MlpSpec>(received.value().model.architecture).hidden_sizes,
              ElementsAre(5, 7));
  EXPECT_EQ(received.value().data.train.range, (IndexRange{3, 900}));
  EXPECT_FALSE(received.value().data.test->range.has_value());
  EXPECT_EQ(received.value().batch.tail, EpochTail::kKeep);
  EXPECT_EQ(received.value().lr_schedule.kind, LrScheduleKind::kCosine);
  EXPECT_EQ(received.value().lr_schedule.warmup_steps, 13);
  EXPECT_THAT(std::get<AdamWSpec>(received.value().optimizer.algorithm).betas,
              ElementsAre(0.8, 0.99));
  EXPECT_EQ(received.value().workers.threads, 3);
  EXPECT_EQ(received.value().restarts_max, 4);
  EXPECT_EQ(received.value().collective, CollectiveKind::kSharedMemory);
  EXPECT_EQ(received.value().update, UpdateKind::kSharded);
}

TEST(WireTest, EveryScheduleComesBackAsItWent) {
  const std::vector<LrScheduleSpec> schedules = {
      {.kind = LrScheduleKind::kConstant, .warmup_steps = 3},
      {.kind = LrScheduleKind::kLinear, .warmup_steps = 3, .min_lr = 0.5},
      {.kind = LrScheduleKind::kWsd,
       .warmup_steps = 3,
       .min_lr = 0.5,
       .decay_steps = 7,
       .curve = LrCurve::kSquareRoot},
      {.kind = LrScheduleKind::kPolynomial, .warmup_steps = 3, .min_lr = 0.5, .power = 0.9},
      {.kind = LrScheduleKind::kStep, .warmup_steps = 3, .milestones = {4, 9}, .gamma = 0.5},
      {.kind = LrScheduleKind::kStep, .every_steps = 5, .gamma = 0.5},
      {.kind = LrScheduleKind::kOneCycle,
       .curve = LrCurve::kLinear,
       .rise = 0.5,
       .start_divisor = 2,
       .end_divisor = 3}};
  for (const LrScheduleSpec& schedule : schedules) {
    JobSpec spec = FullSpec();
    spec.lr_schedule = schedule;

    const Result<JobSpec> received = FromProto(ToProto(spec));

    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received.value().lr_schedule, schedule);
  }
}

TEST(WireTest, SchedulesThatAreNotGivenInFullTakeTheirDefaults) {
  v1::JobSpec sent;
  sent.mutable_model()->mutable_mlp();
  sent.mutable_lr_schedule()->mutable_one_cycle();

  EXPECT_EQ(FromProto(sent).value().lr_schedule,
            (LrScheduleSpec{.kind = LrScheduleKind::kOneCycle, .curve = LrCurve::kCosine}));
  sent.mutable_lr_schedule()->mutable_step()->set_every_steps(2);
  EXPECT_EQ(FromProto(sent).value().lr_schedule,
            (LrScheduleSpec{.kind = LrScheduleKind::kStep, .every_steps = 2}));
}

TEST(WireTest, ATextJobComesBackAsItWent) {
  JobSpec spec = FullSpec();
  spec.model.architecture =
      GptSpec{.layers = 2, .heads = 3, .embedding_size = 12, .context_length = 7, .dropout = 0.5};
  spec.data.train = {.path = "/texts/*", .format = DataFormat::kText};
  spec.data.train.fraction = FractionRange{0.25, 0.75};
  spec.data.train.stride = 5;
  spec.data.tokenizer = Tokenizer::kChar;

  const Result<JobSpec> received = FromProto(ToProto(spec));

  ASSERT_TRUE(received.ok()) << received.status();
  const auto& gpt = std::get<GptSpec>(received.value().model.architecture);
  EXPECT_EQ(gpt.layers, 2);
  EXPECT_EQ(gpt.heads, 3);
  EXPECT_EQ(gpt.embedding_size, 12);
  EXPECT_EQ(gpt.context_length, 7);
  EXPECT_EQ(gpt.dropout, 0.5);
  EXPECT_EQ(received.value().data.train.format, DataFormat::kText);
  EXPECT_EQ(received.value().data.train.fraction, (FractionRange{0.25, 0.75}));
  EXPECT_EQ(received.value().data.train.stride, 5);
  EXPECT_EQ(received.value().data.tokenizer, Tokenizer::kChar);
}

TEST(WireTest, WhatIsDecidedByEvaluationsComesBackAsItWent) {
  JobSpec spec = FullSpec();
  spec.evaluate = {.every_steps = 3, .every_epochs = 4, .samples = 6};
  spec.checkpoint.best_metric = EvaluationMetric::kTopFiveAccuracy;
  spec.early_stopping = EarlyStoppingSpec{
      .metric = EvaluationMetric::kRootMeanSquaredError, .patience = 5, .min_delta = 0.125};

  const Result<JobSpec> received = FromProto(ToProto(spec));

  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received.value().evaluate.every_steps, 3);
  EXPECT_EQ(received.value().evaluate.every_epochs, 4);
  EXPECT_EQ(received.value().evaluate.samples, 6);
  EXPECT_EQ(received.value().checkpoint.best_metric, EvaluationMetric::kTopFiveAccuracy);
  EXPECT_EQ(received.value().early_stopping->metric, EvaluationMetric::kRootMeanSquaredError);
  EXPECT_EQ(received.value().early_stopping->patience, 5);
  EXPECT_EQ(received.value().early_stopping->min_delta, 0.125);
}

TEST(WireTest, AllValuesOfAnEvaluationComeBackAsTheyWent) {
  const EvaluationReport sent = {
      .job = "j",
      .values = {{EvaluationMetric::kLoss, 0.5}, {EvaluationMetric::kTopFiveAccuracy, 0.75}}};

  const Result<WorkerMessage> received = FromProto(ToProto(WorkerMessage(sent)));

  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(std::get<EvaluationReport>(received.value()).values, sent.values);
}

TEST(WireTest, AMetricThatIsNotKnownIsRefusedByItsName) {
  v1::WorkerMessage sent = ToProto(WorkerMessage(EvaluationReport{.job = "j"}));
  (*sent.mutable_evaluation()->mutable_values())["precision"] = 1;

  const Result<WorkerMessage> received = FromProto(sent);

  ASSERT_FALSE(received.ok());
  EXPECT_THAT(received.status().message(), HasSubstr("precision"));
}

TEST(WireTest, FieldsThatAreNotGivenTakeTheirDefaults) {
  v1::JobSpec sent;
  sent.mutable_model()->mutable_mlp();

  const Result<JobSpec> received = FromProto(sent);

  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(LearningRateOf(received.value().optimizer), AdamWSpec{}.lr);
  EXPECT_EQ(received.value().checkpoint.keep_last, CheckpointSpec{}.keep_last);
  EXPECT_EQ(received.value().workers.min, WorkersSpec{}.min);
}

TEST(WireTest, ASpecWithoutAnArchitectureIsRefused) {
  const Result<JobSpec> received = FromProto(v1::JobSpec());

  ASSERT_FALSE(received.ok());
  EXPECT_THAT(received.status().message(), HasSubstr("architecture"));
}

TEST(WireTest, AValueOfANewerEnumIsRefusedByItsField) {
  v1::JobSpec sent = ToProto(FullSpec());
  sent.mutable_batch()->set_tail(static_cast<v1::EpochTail>(99));

  const Result<JobSpec> received = FromProto(sent);

  ASSERT_FALSE(received.ok());
  EXPECT_THAT(received.status().message(), HasSubstr("batch.tail"));
}

TEST(WireTest, AMessageAboutAFileWhoseNameIsNotUtf8CanBeRead) {
  const WorkerMessage message = AssignmentEnded{
      .outcome = EndOutcome::kFailed, .reason = "DataInvalid", .message = "caf\xE9.png: no PNG"};

  v1::WorkerMessage read;

  ASSERT_TRUE(read.ParseFromString(ToProto(message).SerializeAsString()));
  EXPECT_EQ(read.ended().message(), "caf\xEF\xBF\xBD.png: no PNG");
}

TEST(WireTest, EveryMessageOfAWorkerComesBackAsItWent) {
  const Digest digest{.high = 1, .low = 2};
  const std::vector<WorkerMessage> messages = {
      Register{.pool = "p",
               .world_rank = 1,
               .world_size = 2,
               .host = "h",
               .pid = 3,
               .instruction_set = "avx2",
               .version = "v",
               .leaving = "SIGTERM"},
      Heartbeat{.job = "j",
                .generation = 4,
                .step = 5,
                .phase = "data",
                .times = {.steps = 2, .seconds = {{"compute", 1.5}, {"reduce", 0.5}}},
                .progress = {.phase_age_seconds = 0.25,
                             .moves = 6,
                             .calls = 3,
                             .is_in_call = true,
                             .bucket = 0,
                             .is_saving = true},
                .resources = {.cpu_seconds = 12.5,
                              .resident_bytes = 1 << 20,
                              .host_cpus = 8,
                              .host_memory_bytes = std::int64_t{1} << 36,
                              .measured_at_seconds = 90}},
      Prepared{.job = "j",
               .generation = 4,
               .rank = 1,
               .dataset_fingerprint = digest,
               .train_samples = 6,
               .parameter_count = 7,
               .memory_bytes = 8,
               .instruction_set = "avx2",
               .state_digest = digest,
               .start_step = 9},
      StepReports{
          .job = "j",
          .generation = 4,
          .steps = {{.step = 1,
                     .epoch = 2,
                     .loss = 0.5,
                     .grad_norm = 1.5,
                     .lr = 1e-3,
                     .samples = 10,
                     .step_seconds = 0.25,
                     .noise = SmoothedNoise{.mean = {.signal = -0.5, .noise = 3}, .steps = 40},
                     .update_ratio = 0.125,
                     .parameters_digest = digest}}},
      EvaluationReport{.job = "j",
                       .generation = 4,
                       .step = 5,
                       .split = EvaluationSplit::kTest,
                       .values = {{EvaluationMetric::kLoss, 0.5}}},
      CheckpointWritten{.job = "j",
                        .generation = 4,
                        .step = 5,
                        .epoch = 1,
                        .directory = "/d",
                        .state_digest = digest,
                        .bytes = 11,
                        .request = 12,
                        .write_seconds = 1.5,
                        .blocking_seconds = 0.5},
      CheckpointSkipped{.job = "j", .generation = 4, .step = 5, .message = "m", .request = 2},
      AssignmentEnded{.job = "j",
                      .generation = 4,
                      .rank = 1,
                      .outcome = EndOutcome::kFailed,
                      .step = 5,
                      .state_digest = digest,
                      .reason = "PeerLost",
                      .message = "m",
                      .phase = "reduce",
                      .retryable = true,
                      .diverged_ranks = {1, 2}},
      Goodbye{.reason = "SIGTERM"}};

  for (const WorkerMessage& message : messages) {
    const v1::WorkerMessage sent = ToProto(message);
    const Result<WorkerMessage> received = FromProto(sent);

    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received.value().index(), message.index());
    // Not by its bytes: a map has no order there.
    EXPECT_TRUE(MessageDifferencer::Equals(ToProto(received.value()), sent));
  }
}

TEST(WireTest, EveryMessageOfTheCoordinatorComesBackAsItWent) {
  const std::vector<CoordinatorMessage> messages = {
      Assign{.job = "j",
             .generation = 1,
             .attempt = 2,
             .spec = FullSpec(),
             .world_ranks = {0, 2},
             .rank = 1,
             .checkpoint_directory = "/c",
             .start_checkpoint = "/c/step-1",
             .low_watermark = {.bytes = 4096, .fraction = 0.25}},
      Begin{.job = "j",
            .generation = 1,
            .shard_plan = {.sample_count = 9,
                           .global_batch = 8,
                           .logical_workers = 4,
                           .seed = 3,
                           .tail = EpochTail::kKeep},
            .total_steps = 10},
      GrantSteps{.job = "j",
                 .generation = 1,
                 .first = 2,
                 .last = 3,
                 .evaluate = true,
                 .save_checkpoint = true,
                 .is_final = true},
      Stop{.job = "j", .generation = 1, .mode = StopMode::kGraceful},
      Stop{.job = "j", .generation = 1, .mode = StopMode::kFinal},
      Stop{.job = "j", .generation = 1, .mode = StopMode::kAbort},
      Acknowledge{.sequence = 7, .kept_checkpoints = {10, 30}},
      SaveNow{.job = "j", .generation = 1, .request = 2},
      Leave{.reason = "r"},
      Dismiss{.outcome = JobOutcome::kFailed}};

  for (const CoordinatorMessage& message : messages) {
    const v1::CoordinatorMessage sent = ToProto(message);
    const Result<CoordinatorMessage> received = FromProto(sent);

    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received.value().index(), message.index());
    EXPECT_EQ(ToProto(received.value()).SerializeAsString(), sent.SerializeAsString());
  }
}

TEST(WireTest, AMessageOfNoKnownKindIsRefused) {
  EXPECT_FALSE(FromProto(v1::WorkerMessage()).ok());
  EXPECT_FALSE(FromProto(v1::CoordinatorMessage()).ok());
}

TEST(WireTest, AHeartbeatThatGoesBackwardsIsRefused) {
  const auto is_taken = [](const RankProgress& progress) {
    return FromProto(ToProto(WorkerMessage(Heartbeat{.progress = progress}))).ok();
  };

  EXPECT_TRUE(is_taken({.phase_age_seconds = 1, .moves = 1, .calls = 1}));
  EXPECT_FALSE(is_taken({.phase_age_seconds = -1}));
  EXPECT_FALSE(is_taken({.moves = -1}));
  EXPECT_FALSE(is_taken({.calls = -1}));
}

TEST(WireTest, AHeartbeatThatUsesLessThanNothingIsRefused) {
  const auto is_taken = [](const ResourceUse& resources) {
    return FromProto(ToProto(WorkerMessage(Heartbeat{.resources = resources}))).ok();
  };

  EXPECT_TRUE(is_taken({.cpu_seconds = 1, .resident_bytes = 1, .host_cpus = 1}));
  EXPECT_FALSE(is_taken({.cpu_seconds = -1}));
  EXPECT_FALSE(is_taken({.cpu_seconds = std::numeric_limits<double>::quiet_NaN()}));
  EXPECT_FALSE(is_taken({.resident_bytes = -1}));
  EXPECT_FALSE(is_taken({.host_cpus = -1}));
  EXPECT_FALSE(is_taken({.host_memory_bytes = -1}));
}

TEST(WireTest, ARankOutsideItsWorldIsRefused) {
  v1::WorkerMessage sent = ToProto(WorkerMessage(Register{.world_rank = 2, .world_size = 2}));

  EXPECT_FALSE(FromProto(sent).ok());
}

}  // namespace
}  // namespace descent
