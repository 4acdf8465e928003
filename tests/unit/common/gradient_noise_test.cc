#include "common/gradient_noise.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/random.h"

namespace descent {
namespace {

TEST(EstimateNoiseTest, OneShareTellsNothing) {
  const std::vector<GradientShare> shares = {{.samples = 8, .square_sum = 3}};

  EXPECT_EQ(EstimateNoise(shares, 3), std::nullopt);
}

TEST(EstimateNoiseTest, EqualGradientsHaveNoNoise) {
  // Each sample's gradient is (3, 4): shares of 2 and 6 samples sum to (6, 8) and (18, 24).
  const std::vector<GradientShare> shares = {{2, 100}, {6, 900}};

  const auto found = EstimateNoise(shares, 1600);

  EXPECT_EQ(found->noise, 0);
  EXPECT_EQ(found->signal, 25);
}

TEST(EstimateNoiseTest, OppositeGradientsAreAllNoise) {
  // One sample each of gradient 1 and -1: their mean is 0, and so is the batch's.
  const std::vector<GradientShare> shares = {{1, 1}, {1, 1}};

  const auto found = EstimateNoise(shares, 0);

  EXPECT_EQ(found->noise, 2);  // the unbiased variance of {1, -1}
  EXPECT_EQ(found->signal, -1);
}

// Sample gradients of three independent components: mean (1, 0, -2) and variance 1/12 * 36 = 3
// each, so |G|^2 = 5 and tr(Sigma) = 9. Over 20000 steps both means are within 1 % of it.
TEST(EstimateNoiseTest, IsUnbiasedForSharesOfAnySizes) {
  constexpr double kMean[] = {1, 0, -2};
  constexpr std::int64_t kSizes[] = {3, 1, 4};
  constexpr int kSteps = 20000;
  double signal = 0;
  double noise = 0;
  std::uint32_t draw = 0;
  for (int step = 0; step < kSteps; ++step) {
    double batch[3] = {};
    std::vector<GradientShare> shares;
    for (const std::int64_t size : kSizes) {
      double sum[3] = {};
      for (std::int64_t sample = 0; sample < size; ++sample) {
        const auto words = Philox4x32({draw++, 0, 0, 0}, {1, 2});
        for (int i = 0; i < 3; ++i)
          sum[i] +=
              kMean[i] +
              6 * (static_cast<double>(words[static_cast<std::size_t>(i)]) / 4294967296.0 - 0.5);
      }
      for (int i = 0; i < 3; ++i) batch[i] += sum[i];
      shares.push_back(
          {static_cast<double>(size), sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]});
    }
    const auto found =
        EstimateNoise(shares, batch[0] * batch[0] + batch[1] * batch[1] + batch[2] * batch[2]);
    signal += found->signal / kSteps;
    noise += found->noise / kSteps;
  }

  EXPECT_NEAR(signal, 5, 0.05);
  EXPECT_NEAR(noise, 9, 0.09);
}

TEST(NoiseScaleTest, IsTheRatioOfTheMeansOverManySteps) {
  SmoothedNoise smoothed;
  for (int step = 0; step < 40; ++step)
    smoothed = AfterStep(smoothed, {.signal = step % 2 == 0 ? -1.0 : 3.0, .noise = 100});

  EXPECT_NEAR(*NoiseScale(smoothed), 100, 1e-9);
}

TEST(NoiseScaleTest, IsNotKnownAfterFewSteps) {
  SmoothedNoise smoothed;
  for (int step = 0; step < 19; ++step) smoothed = AfterStep(smoothed, {.signal = 1, .noise = 100});

  EXPECT_EQ(NoiseScale(smoothed), std::nullopt);
  EXPECT_EQ(NoiseScale(AfterStep(smoothed, {.signal = 1, .noise = 100})), 100);
}

TEST(NoiseScaleTest, IsNotKnownWhileTheSignalIsLost) {
  SmoothedNoise smoothed;
  for (int step = 0; step < 50; ++step)
    smoothed = AfterStep(smoothed, {.signal = -1, .noise = 100});

  EXPECT_EQ(NoiseScale(smoothed), std::nullopt);
}

TEST(NoiseScaleTest, ForgetsWhatIsLongPast) {
  SmoothedNoise smoothed;
  for (int step = 0; step < 100; ++step)
    smoothed = AfterStep(smoothed, {.signal = 1, .noise = 1000});
  for (int step = 0; step < 1000; ++step)
    smoothed = AfterStep(smoothed, {.signal = 1, .noise = 10});

  EXPECT_NEAR(*NoiseScale(smoothed), 10, 0.1);
}

}  // namespace
}  // namespace descent
