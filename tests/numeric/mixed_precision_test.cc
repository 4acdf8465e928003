#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tests/numeric/plan_fixture.h"

namespace descent {
namespace {

// Each rounding to bf16 is off by up to 2^-8; of those of either sign on the way to a loss little
// is left, and the sum of all gradients keeps about the size of one.
constexpr double kLossTolerance = 0.01;      // relative
constexpr double kGradientTolerance = 0.02;  // of the whole gradient's norm

Problem InBFloat16(Problem problem) {
  problem.model.precision = Precision::kBFloat16;
  return problem;
}

double Norm(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * value;
  return std::sqrt(sum);
}

std::vector<float> Difference(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> difference;
  for (std::size_t i = 0; i < a.size(); ++i) difference.push_back(a[i] - b[i]);
  return difference;
}

struct NamedProblem {
  const char* name;
  Problem (*make)();
};

class MixedPrecisionTest : public testing::TestWithParam<NamedProblem> {
 protected:
  const Problem exact_ = GetParam().make();
  const Problem mixed_ = InBFloat16(GetParam().make());
};

TEST_P(MixedPrecisionTest, LossesAndGradientsAreNearThoseOfF32) {
  const Outcome exact = CompiledProblem(exact_, PlanKind::kTrainWrite).Run();
  const Outcome mixed = CompiledProblem(mixed_, PlanKind::kTrainWrite).Run();

  for (std::size_t i = 0; i < exact.losses.size(); ++i)
    EXPECT_NEAR(mixed.losses[i], exact.losses[i], kLossTolerance * exact.losses[i]);
  EXPECT_LE(Norm(Difference(mixed.gradients, exact.gradients)),
            kGradientTolerance * Norm(exact.gradients));
  EXPECT_NE(mixed.gradients, exact.gradients);
}

TEST_P(MixedPrecisionTest, ThreadsDoNotChangeTheBits) {
  for (const PlanKind kind :
       {PlanKind::kTrainWrite, PlanKind::kTrainAccumulate, PlanKind::kEvaluate, PlanKind::kPredict})
    EXPECT_EQ(CompiledProblem(mixed_, kind, /*threads=*/3).Run(),
              CompiledProblem(mixed_, kind).Run());
}

TEST_P(MixedPrecisionTest, ActivationsThatAreComputedAgainHaveTheSameBits) {
  Problem checkpointed = mixed_;
  checkpointed.model.activation_checkpointing = ActivationCheckpointing::kFull;

  EXPECT_EQ(CompiledProblem(checkpointed, PlanKind::kTrainWrite).Run(),
            CompiledProblem(mixed_, PlanKind::kTrainWrite).Run());
}

TEST(MixedPrecisionMemoryTest, ADeepGptOnManySamplesNeedsThreeQuartersOfTheMemory) {
  Problem exact = LargeGpt();
  exact.rows = 24;  // so that activations outweigh the rounded parameters
  std::get<GptSpec>(exact.model.architecture).layers = 12;
  const std::int64_t wanted =
      CompiledProblem(exact, PlanKind::kTrainWrite).plan().cost().activation_bytes;
  const std::int64_t found =
      CompiledProblem(InBFloat16(exact), PlanKind::kTrainWrite).plan().cost().activation_bytes;

  EXPECT_LE(4 * found, 3 * wanted);
}

INSTANTIATE_TEST_SUITE_P(Models, MixedPrecisionTest,
                         testing::Values(NamedProblem{"Mlp", LargeMlp},
                                         NamedProblem{"Gpt", LargeGpt},
                                         NamedProblem{"Llama", LargeLlama},
                                         NamedProblem{"Convnet", LargeConvnet}),
                         [](const auto& problem) { return std::string(problem.param.name); });

}  // namespace
}  // namespace descent
