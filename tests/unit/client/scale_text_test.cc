#include "client/render/scale_text.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

// A second of arithmetic on one worker, 100 MB to exchange.
StepCosts Costs() {
  return {.samples = 1024,
          .logical_workers = 4,
          .plans_seconds = 1,
          .addition_seconds = 0.01,
          .update_seconds = 0.02,
          .gradient_bytes = 1e8,
          .buckets = 2};
}
constexpr NetworkRates kNetwork{.bytes_per_second = 1e9, .latency_seconds = 1e-3};

TEST(PredictStepTest, OneWorkerDoesAllAndExchangesNothing) {
  const ScalePoint alone = PredictStep(Costs(), kNetwork, 1);

  EXPECT_EQ(alone.samples, 1024);
  EXPECT_DOUBLE_EQ(alone.compute_seconds, 1 + 3 * 0.01 + 0.02);
  EXPECT_EQ(alone.exchange_seconds, 0);
}

TEST(PredictStepTest, TheWorkIsSharedAndTheUpdateIsNot) {
  const ScalePoint four = PredictStep(Costs(), kNetwork, 4);

  EXPECT_EQ(four.samples, 256);
  EXPECT_DOUBLE_EQ(four.compute_seconds, 0.25 + 0.02);
  // Two rounds there and two back for each bucket, and three quarters of the bytes both ways.
  EXPECT_DOUBLE_EQ(four.exchange_seconds, 2 * 0.75 * 0.1 + 2 * 2 * 2 * 1e-3);
}

TEST(PredictStepTest, AWorkerThatHasMoreLogicalWorkersThanOthersIsWaitedFor) {
  EXPECT_EQ(PredictStep(Costs(), kNetwork, 3).samples, 512);
}

TEST(PredictStepTest, BeyondASampleEachNothingGetsFaster) {
  const ScalePoint all = PredictStep(Costs(), kNetwork, 1024);
  const ScalePoint more = PredictStep(Costs(), kNetwork, 4096);

  EXPECT_EQ(all.samples, 1);
  EXPECT_EQ(more.samples, 1);
  EXPECT_GT(more.Seconds(), all.Seconds());
}

TEST(WorkerCountsTest, EachIsTwiceTheLastAndTheEndIsThere) {
  EXPECT_EQ(WorkerCounts(8, 48), (std::vector<std::int64_t>{8, 16, 32, 48}));
  EXPECT_EQ(WorkerCounts(8, 8), (std::vector<std::int64_t>{8}));
}

TEST(ScaleTextTest, TellsTheStepTheThroughputAndTheEfficiency) {
  const std::string text = ScaleText(Costs(), kNetwork, {1, 4});

  EXPECT_NE(text.find("1,024 samples a step, 100.0 MB of gradients in 2 buckets, 8 Gbit/s and 1000 "
                      "us between machines of one worker each\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("100.0 %\n"), std::string::npos) << text;
  EXPECT_NE(text.find("270.000 ms"), std::string::npos) << text;  // 0.25 + 0.02
}

TEST(ScaleTextTest, TheCostsAreThoseOfAnExplanation) {
  JobSpec spec;
  spec.batch = {.global = 100, .micro = 25, .logical_workers = 4};
  const auto costs = ReadStepCosts(
      R"({"train_samples": 1000, "parameter_count": 7, "buckets": [{}, {}],
          "step_seconds": {"plans": 0.5, "additions": 0.3, "update": 0.1}})",
      spec);

  ASSERT_TRUE(costs.ok()) << costs.status();
  EXPECT_EQ(costs.value().samples, 100);
  EXPECT_EQ(costs.value().logical_workers, 4);
  EXPECT_DOUBLE_EQ(costs.value().addition_seconds, 0.1);
  EXPECT_EQ(costs.value().gradient_bytes, 28);
  EXPECT_EQ(costs.value().buckets, 2);
  EXPECT_EQ(ReadStepCosts("{}", spec).status().code(), Code::kInternal);
}

}  // namespace
}  // namespace descent
