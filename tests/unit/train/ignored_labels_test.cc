#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/blob_dataset.h"
#include "tests/unit/train/assignment_fixture.h"

namespace descent {
namespace {

// Black pictures of four classes, the first of which is ignored, and a model that begins at zero:
// of each class it says the probability 1/4, and only its bias has a gradient.
class IgnoredLabelsTest : public AssignmentTest {
 protected:
  IgnoredLabelsTest() {
    BlobDataset{.samples = kTrainSamples, .only_lit = kTrainSamples}.Write(directory_.path() /
                                                                           "train");
    spec_.model = {
        .architecture = LogisticRegressionSpec{}, .init = Initializer::kZeros, .ignore_index = 0};
    spec_.data.validation.reset();
    spec_.data.shuffle.mode = Shuffle::kNone;
    spec_.optimizer = {.algorithm = SgdSpec{.lr = 0.1}};
  }
};

// Of the other three classes there are 51, 51 and 50 samples, which count. Divided by all 203, the
// loss would be about 0.75 log(4).
TEST_F(IgnoredLabelsTest, MeansAreOverTheLabelsOfTheWholeBatchThatCount) {
  spec_.batch = {.global = kTrainSamples, .micro = 7, .logical_workers = 8};

  const double bias_gradient = std::sqrt(1 / 16.0 + 2 * std::pow(1 / 4.0 - 51 / 152.0, 2) +
                                         std::pow(1 / 4.0 - 50 / 152.0, 2));

  for (const int world_size : {1, 3}) {
    const StepMetrics step = MetricsOf({.world_size = world_size, .last_step = 2})[0];

    EXPECT_NEAR(step.loss, std::log(4.0), 1e-6);
    EXPECT_NEAR(step.grad_norm, bias_gradient, 1e-6);
    EXPECT_EQ(step.samples, kTrainSamples);
  }
}

// With one sample in a batch, the first and every fourth one after it has none.
TEST_F(IgnoredLabelsTest, AStepWithoutACountedLabelHasAGradientOfZeros) {
  spec_.batch = {.global = 1, .micro = 1, .logical_workers = 1};
  const auto digest_after = [&](std::int64_t steps) {
    std::filesystem::remove_all(CheckpointDirectory());
    return DigestOf({.world_size = 1, .last_step = steps});
  };

  const std::vector<StepMetrics> steps = MetricsOf({.world_size = 1, .last_step = 6});

  EXPECT_EQ(steps[4].loss, 0);
  EXPECT_EQ(steps[4].grad_norm, 0);
  EXPECT_FALSE(steps[4].nonfinite);
  EXPECT_EQ(digest_after(5), digest_after(4));
  EXPECT_NE(digest_after(6), digest_after(5));
}

// Of 256 tokens, all equally likely.
TEST_F(IgnoredLabelsTest, OfTextsEachLabelCountsForItself) {
  TrainGptOnText();
  spec_.model.ignore_index = ' ';
  std::get<GptSpec>(spec_.model.architecture).dropout = 0;

  const StepMetrics step = MetricsOf({.world_size = 2, .last_step = 2})[0];

  EXPECT_NEAR(step.loss, std::log(256.0), 1e-5);
}

}  // namespace
}  // namespace descent
