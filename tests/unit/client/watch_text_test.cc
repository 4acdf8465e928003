#include "client/render/watch_text.h"

#include <gmock/gmock.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

JobView WatchedJob() {
  JobView job;
  job.id = "mlp";
  job.state = "RUNNING";
  job.spec.epochs = 10;
  job.spec.batch = {.global = 256, .micro = 64, .logical_workers = 4, .tail = EpochTail::kKeep};
  job.train_samples = 60'000;  // 235 steps an epoch
  job.workers = {"a/4", "a/5", "b/6"};
  job.progress = {.step = 1410,
                  .last_step = 2350,
                  .epoch = 6,
                  .fraction = 0.6,
                  .remaining_seconds = 9,
                  .samples_per_second = 25'230,
                  .steps_per_second = 98.3};
  job.latest_metrics = {{"train/loss", 0.0812},
                        {"train/lr", 6.1e-4},
                        {"train/grad_norm", 0.42},
                        {"validation/loss", 0.0977},
                        {"validation/accuracy", 0.9712}};
  job.latest_checkpoint = CheckpointView{.step = 1175, .create_time = 997};
  return job;
}

WatchFacts Facts() {
  return {.best = {{"validation/loss", {1175, 0.0970}}, {"validation/accuracy", {1410, 0.9712}}},
          .slowest = SlowestRank{.rank = 2, .ratio = 1.08}};
}

TEST(WatchTextTest, ShowsProgressMetricsWithTheirBestAndWhatTheJobWaitsFor) {
  EXPECT_THAT(
      WatchLines(WatchedJob(), Facts(), 200, 1000),
      ElementsAre("[##############----------]  60%  step 1410/2350  epoch 6.0/10  98.3 steps/s  "
                  "25.2k samples/s  eta 0:09",
                  "train/loss 0.0812  validation/loss 0.0977 (best 0.0970 @1175)  "
                  "validation/accuracy 0.9712 (best 0.9712 @1410)  lr 6.1e-04  grad_norm 0.4200",
                  "last checkpoint step 1175 (3s ago)  slowest rank 2 (1.08 x median)"));
}

TEST(WatchTextTest, AModelOfTokensTellsTokensInsteadOfSamples) {
  JobView job = WatchedJob();
  job.progress.tokens_per_second = 412'000;

  const std::string pace = WatchLines(job, {}, 200, 1000).front();

  EXPECT_THAT(pace, HasSubstr("412.0k tokens/s"));
  EXPECT_THAT(pace, Not(HasSubstr("samples/s")));
}

TEST(WatchTextTest, LinesFitANarrowTerminal) {
  const std::vector<std::string> lines = WatchLines(WatchedJob(), Facts(), 90, 1000);

  EXPECT_GT(lines.size(), 3u);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 90u) << line;
}

TEST(WatchTextTest, WhatIsNotKnownYetIsLeftOut) {
  JobView job;
  job.progress.last_step = 10;

  EXPECT_THAT(WatchLines(job, {}, 40, 1000), testing::SizeIs(1));
}

TEST(WatchTextTest, TheBestLossIsTheLowestAndTheBestAccuracyTheHighest) {
  const std::vector<MetricSummaryView> metrics = {
      {.name = "validation/loss", .min = MetricPointView{3, 0.1}, .max = MetricPointView{1, 0.9}},
      {.name = "validation/accuracy",
       .min = MetricPointView{1, 0.1},
       .max = MetricPointView{2, 0.9}},
      {.name = "train/loss", .min = MetricPointView{3, 0.1}, .max = MetricPointView{1, 0.9}}};

  const BestValues best = FindBest(metrics);

  EXPECT_EQ(best.size(), 2u);
  EXPECT_EQ(best.at("validation/loss").step, 3);
  EXPECT_EQ(best.at("validation/accuracy").step, 2);
}

TEST(WatchTextTest, TheSlowestRankIsFoundAmongTheWorkersOfTheJobAlone) {
  const auto worker = [](const char* host, int rank, const char* job, double seconds) {
    return WorkerView{.host = host, .world_rank = rank, .job = job, .own_step_seconds = seconds};
  };
  const PoolView pool{.workers = {worker("a", 4, "mlp", 0.010), worker("a", 5, "mlp", 0.010),
                                  worker("b", 6, "mlp", 0.015), worker("b", 7, "other", 9)}};

  const auto slowest = FindSlowestRank(WatchedJob(), {pool});

  ASSERT_TRUE(slowest.has_value());
  EXPECT_EQ(slowest->rank, 2);
  EXPECT_DOUBLE_EQ(slowest->ratio, 1.5);
  EXPECT_FALSE(FindSlowestRank(WatchedJob(), {}).has_value());
}

}  // namespace
}  // namespace descent
