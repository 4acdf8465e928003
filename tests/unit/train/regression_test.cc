#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/collective/in_process_collective.h"
#include "worker/data/prefetcher.h"
#include "worker/train/evaluator.h"

namespace descent {
namespace {

using ::testing::ElementsAre;

// 601 samples of one feature x and two targets, 2 x - 1 and -x: three blocks, the last one short.
class LineDataset final : public Dataset {
 public:
  std::int64_t sample_count() const override { return 601; }
  SampleFormat format() const override {
    return {.feature_count = 1, .label_count = 0, .target_count = 2};
  }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t>, std::span<std::int32_t> labels) const override {
    EXPECT_TRUE(labels.empty());
    std::ranges::transform(samples, features.begin(), FeatureOf);
  }
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override {
    for (std::size_t row = 0; row < samples.size(); ++row) {
      targets[2 * row] = 2 * FeatureOf(samples[row]) - 1;
      targets[2 * row + 1] = -FeatureOf(samples[row]);
    }
  }
  Digest Fingerprint() const override { return {}; }

 private:
  static float FeatureOf(std::int64_t sample) { return static_cast<float>(sample) / 601; }
};

const ModelSpec kLine = {.architecture = MlpSpec{}, .loss = Loss::kMse};

// Of the parameters weight [2, 1] and bias [2], on some ranks.
std::vector<EvaluationValues> EvaluateOn(int world_size, float weight, float bias,
                                         const ModelSpec& model = kLine) {
  const LineDataset dataset;
  InProcessGroup group(world_size);
  std::vector<EvaluationValues> values(static_cast<std::size_t>(world_size));
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < world_size; ++rank)
    ranks.emplace_back([&, rank] {
      ThreadPool pool(1);
      PlanCache plans = PlanCache::Create(model, dataset.format(), pool).value();
      AlignedBuffer parameters(plans.layout().element_count);
      const auto set = [&](std::string_view name, std::vector<float> tensor) {
        std::ranges::copy(tensor,
                          parameters.span().begin() + FindSlot(plans.layout(), name)->offset);
      };
      set("layers.0.weight", {weight, -1});
      set("layers.0.bias", {bias, 0});
      const auto collective = MakeInProcessCollective(group, rank);
      values[static_cast<std::size_t>(rank)] =
          Evaluate(dataset, parameters.span(), plans, *collective).value();
    });
  for (std::thread& rank : ranks) rank.join();
  return values;
}

TEST(RegressionTest, TheLossIsTheMeanOverSamplesAndTargets) {
  const EvaluationValues right = EvaluateOn(1, 2, -1)[0];
  const EvaluationValues shifted = EvaluateOn(1, 2, 2)[0];

  EXPECT_NEAR(right.at(EvaluationMetric::kLoss), 0, 1e-12);
  EXPECT_NEAR(shifted.at(EvaluationMetric::kLoss), 4.5, 1e-5);
}

// Of each sample one number is off by 3, the other by nothing.
TEST(RegressionTest, ErrorsAreMeasuredOverAllNumbersOfAllSamples) {
  const EvaluationValues shifted = EvaluateOn(2, 2, 2)[1];

  EXPECT_NEAR(shifted.at(EvaluationMetric::kMeanAbsoluteError), 1.5, 1e-6);
  EXPECT_NEAR(shifted.at(EvaluationMetric::kRootMeanSquaredError), std::sqrt(4.5), 1e-6);
}

// With weights 0 and -1 the logits are 0 and -x, which say 1/2 and 1 / (1 + e^x).
TEST(RegressionTest, OfBinaryCrossEntropyTheProbabilityIsWhatErrs) {
  const EvaluationValues values =
      EvaluateOn(1, 0, 0, {.architecture = MlpSpec{}, .loss = Loss::kBinaryCrossEntropy})[0];

  double errors = 0;
  for (int sample = 0; sample < 601; ++sample) {
    const double x = sample / 601.0;
    errors += std::abs(0.5 - (2 * x - 1)) + std::abs(1 / (1 + std::exp(x)) + x);
  }
  EXPECT_NEAR(values.at(EvaluationMetric::kMeanAbsoluteError), errors / 1202, 1e-6);
}

TEST(RegressionTest, ValuesHaveEqualBitsOnAnyNumberOfRanks) {
  const EvaluationValues alone = EvaluateOn(1, 1.7f, 0.3f)[0];

  for (const EvaluationValues& values : EvaluateOn(3, 1.7f, 0.3f)) EXPECT_EQ(values, alone);
}

TEST(RegressionTest, NumbersHaveErrorsInPlaceOfAnAccuracy) {
  EXPECT_THAT(MetricsOf(LineDataset().format()),
              ElementsAre(EvaluationMetric::kLoss, EvaluationMetric::kMeanAbsoluteError,
                          EvaluationMetric::kRootMeanSquaredError));
}

TEST(RegressionTest, ABatchHasTheTargetsOfItsSamples) {
  const LineDataset dataset;
  Prefetcher batches(dataset,
                     {.plan = {.sample_count = 601, .global_batch = 8, .logical_workers = 1},
                      .logical_workers = {0, 1},
                      .micro_size = 8,
                      .first_step = 0,
                      .last_step = 1});

  const Batch& batch = *batches.NextOfStep(0);

  ASSERT_EQ(batch.targets.size(), 16u);
  for (std::size_t row = 0; row < 8; ++row) {
    EXPECT_EQ(batch.targets[2 * row], 2 * batch.features[row] - 1);
    EXPECT_EQ(batch.targets[2 * row + 1], -batch.features[row]);
  }
}

}  // namespace
}  // namespace descent
