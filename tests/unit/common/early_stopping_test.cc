#include "common/early_stopping.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace descent {
namespace {

// The state after these losses, evaluated at steps 10, 20, …
EarlyStoppingState After(const EarlyStoppingSpec& spec, const std::vector<double>& losses) {
  EarlyStoppingState state;
  std::int64_t step = 0;
  for (const double loss : losses)
    state = AfterEvaluation(spec, state, step += 10, {{EvaluationMetric::kLoss, loss}});
  return state;
}

TEST(EarlyStoppingTest, EndsAfterPatienceEvaluationsWithoutImprovement) {
  const EarlyStoppingSpec spec = {.patience = 2};

  EXPECT_FALSE(IsOver(spec, After(spec, {0.5, 0.6})));
  EXPECT_TRUE(IsOver(spec, After(spec, {0.5, 0.6, 0.5})));
}

TEST(EarlyStoppingTest, AnImprovementStartsTheWaitAnew) {
  const EarlyStoppingSpec spec = {.patience = 2};

  EXPECT_FALSE(IsOver(spec, After(spec, {0.5, 0.6, 0.4, 0.6})));
  EXPECT_EQ(After(spec, {0.5, 0.6, 0.4, 0.6}).best_step, 30);
}

TEST(EarlyStoppingTest, AnImprovementOfLessThanMinDeltaIsNone) {
  const EarlyStoppingSpec spec = {.patience = 1, .min_delta = 0.25};

  EXPECT_TRUE(IsOver(spec, After(spec, {1.0, 0.75})));
  EXPECT_FALSE(IsOver(spec, After(spec, {1.0, 0.5})));
}

TEST(EarlyStoppingTest, SmallImprovementsAddUpAgainstTheBest) {
  const EarlyStoppingSpec spec = {.patience = 3, .min_delta = 0.25};

  EXPECT_EQ(After(spec, {1.0, 0.875, 0.625}).evaluations_without_improvement, 0);
}

TEST(EarlyStoppingTest, NanIsNoImprovementEvenAtFirst) {
  const EarlyStoppingSpec spec = {.patience = 1};

  EXPECT_TRUE(IsOver(spec, After(spec, {std::nan("")})));
  EXPECT_EQ(DescribeStop(spec, After(spec, {std::nan("")})),
            "1 evaluation did not improve validation/loss, which was never finite");
}

TEST(EarlyStoppingTest, AnEvaluationThatIsRepeatedCountsOnce) {
  const EarlyStoppingSpec spec = {.patience = 2};
  const EarlyStoppingState once = After(spec, {0.5, 0.6});

  EXPECT_EQ(AfterEvaluation(spec, once, 20, {{EvaluationMetric::kLoss, 0.6}}), once);
}

TEST(EarlyStoppingTest, WaitsForAnAccuracyToRise) {
  const EarlyStoppingSpec spec = {.metric = EvaluationMetric::kAccuracy, .patience = 1};
  const EarlyStoppingState first =
      AfterEvaluation(spec, {}, 10, {{EvaluationMetric::kAccuracy, 0.5}});

  EXPECT_FALSE(
      IsOver(spec, AfterEvaluation(spec, first, 20, {{EvaluationMetric::kAccuracy, 0.6}})));
  EXPECT_TRUE(IsOver(spec, AfterEvaluation(spec, first, 20, {{EvaluationMetric::kAccuracy, 0.4}})));
}

TEST(EarlyStoppingTest, TheStopIsToldWithTheBest) {
  const EarlyStoppingSpec spec = {.patience = 2};

  EXPECT_EQ(DescribeStop(spec, After(spec, {0.25, 0.5, 0.75})),
            "2 evaluations did not improve validation/loss 0.25 of step 10");
}

}  // namespace
}  // namespace descent
