#include "client/render/metric_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace descent {
namespace {

MetricSummaryView Summary(const std::string& name, double last, double lowest) {
  return {.name = name,
          .points = 3,
          .last = {3, last},
          .min = MetricPointView{2, lowest},
          .max = MetricPointView{1, 0.75}};
}

TEST(MetricTextTest, ATableHasTheLastValueAndTheExtremesWithTheirSteps) {
  EXPECT_EQ(MetricTable({Summary("train/loss", 0.5, 0.25)}),
            "METRIC      POINTS  LAST       LOWEST     HIGHEST\n"
            "train/loss  3       0.5000 @3  0.2500 @2  0.7500 @1\n");
}

TEST(MetricTextTest, ACurveThatIsMeansSaysSoAndTellsTheSpreadOfEach) {
  const MetricSeriesView means = {
      .name = "loss", .points = {{4, 0.5, MetricSpreadView{0.25, 8, 4}}}, .bucket_steps = 4};
  const MetricSeriesView points = {.name = "lr", .points = {{4, 0.1}}};

  EXPECT_EQ(PointTable({means, points}),
            "METRIC  STEP  VALUE  LOWEST  HIGHEST  COUNT\n"
            "loss    4     0.5    0.25    8        4\n"
            "lr      4     0.1    -       -        -\n"
            "loss: means over 4 steps\n");
}

TEST(MetricTextTest, PointsOfSeveralJobsNameTheirJobAndTheirPlaceOnTheAxis) {
  const MetricSeriesView first = {
      .name = "loss", .points = {{2, 0.5, std::nullopt, 128}}, .bucket_steps = 1, .job = "a"};
  const MetricSeriesView second = {
      .name = "loss", .points = {{1, 0.25}}, .bucket_steps = 1, .job = "b"};

  EXPECT_EQ(PointTable({first, second}, "SAMPLES"),
            "JOB  METRIC  STEP  SAMPLES  VALUE\n"
            "a    loss    2     128      0.5\n"
            "b    loss    1     -        0.25\n");
}

TEST(MetricTextTest, AComparisonNamesWhatDiffersAndWhatAJobLacks) {
  const ComparisonView comparison = {
      .jobs = {{"a", "SUCCEEDED", {Summary("loss", 0.5, 0.25)}}, {"b", "RUNNING", {}}},
      .differences = {{"seed", {"1", ""}}},
      .json = {}};

  EXPECT_EQ(ComparisonText(comparison),
            "               a          b\n"
            "state          SUCCEEDED  RUNNING\n"
            "seed           1          -\n"
            "loss  last     0.5000 @3  -\n"
            "loss  lowest   0.2500 @2  -\n"
            "loss  highest  0.7500 @1  -\n");
}

// A dot in each corner: the left one above, the right one below.
TEST(CurveTextTest, ACurveFillsItsFieldFromItsFirstStepToItsLast) {
  const MetricSeriesView curve = {.name = "loss", .points = {{1, 2}, {9, 1}}};

  EXPECT_EQ(CurveText(curve, /*columns=*/15, /*rows=*/2),
            "loss  last 1.0000 @9\n"
            "2.0000 ⠁⠀⠀⠀⠀⠀⠀⠀\n"
            "1.0000 ⠀⠀⠀⠀⠀⠀⠀⢀\n"
            "       step 1 to 9\n");
}

TEST(CurveTextTest, AConstantCurveIsALineInTheMiddle) {
  const MetricSeriesView curve = {.name = "lr", .points = {{1, 0.5}, {2, 0.5}}};

  EXPECT_NE(CurveText(curve, 15, 1).find("⠂⠀⠀⠀⠀⠀⠀⠐"), std::string::npos) << CurveText(curve, 15, 1);
}

TEST(CurveTextTest, AMeanIsALineFromItsLowestToItsHighestValue) {
  const MetricSeriesView curve = {
      .name = "loss",
      .points = {{1, 1.5, MetricSpreadView{1.5, 1.5, 4}}, {9, 1.5, MetricSpreadView{0.5, 2.5, 4}}},
      .bucket_steps = 4};

  EXPECT_EQ(CurveText(curve, /*columns=*/15, /*rows=*/2),
            "loss  last 1.5000 @9\n"
            "2.5000 ⡀⠀⠀⠀⠀⠀⠀⢸\n"
            "0.5000 ⠀⠀⠀⠀⠀⠀⠀⢸\n"
            "       step 1 to 9\n");
}

TEST(CurveTextTest, ValuesThatAreNoNumbersAreLeftOut) {
  const MetricSeriesView curve = {.name = "loss", .points = {{1, std::nan("")}, {2, INFINITY}}};

  EXPECT_EQ(CurveText(curve, 15, 2), "loss: no value is a number yet\n");
}

}  // namespace
}  // namespace descent
