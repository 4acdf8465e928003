#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/numeric/kernel_case.h"
#include "worker/kernels/cpu/winograd.h"
#include "worker/ops/image_ops.h"

namespace descent {
namespace {

// Sizes of a convolution of 3 x 3. Odd images have tiles that reach beyond them, and the samples
// make several groups, the last one smaller.
struct Sizes {
  std::int64_t samples, inputs, outputs, rows, columns, padding;
};
constexpr Sizes kSizes[] = {{7, 20, 17, 13, 37, 1},
                            {23, 16, 35, 6, 7, 1},
                            {9, 33, 16, 12, 11, 0},
                            {5, 16, 16, 9, 5, 2},
                            {70, 18, 19, 4, 4, 1}};

Attributes AttributesOf(const Sizes& sizes) {
  return {{"stride", Shape{1, 1}},
          {"padding", Shape{sizes.padding, sizes.padding}},
          {"dilation", Shape{1, 1}},
          {"groups", std::int64_t{1}}};
}

// The convolution of these sizes, and both of its gradients.
std::vector<KernelCase> CasesOf(const Sizes& sizes) {
  SampleSource source(41);
  const std::int64_t growth = 2 * sizes.padding - 2;
  const Shape x = {sizes.samples, sizes.inputs, sizes.rows, sizes.columns};
  const Shape weight = {sizes.outputs, sizes.inputs, 3, 3};
  const Shape y = {sizes.samples, sizes.outputs, sizes.rows + growth, sizes.columns + growth};
  const Attributes attributes = AttributesOf(sizes);
  EXPECT_TRUE(cpu::SuitsWinograd(cpu::OperandsOf(attributes, x, weight, y)));
  const Attributes of_input = attributes.And("plane", Shape{sizes.rows, sizes.columns});
  const Attributes of_weight = attributes.And("kernel", Shape{3, 3});
  return {{Conv2dOp(),
           {{source.Reals(x), source.Reals(weight), source.Reals({sizes.outputs})}, attributes}},
          {Conv2dOp(), {{source.Reals(x), source.Reals(weight)}, attributes}},
          {Conv2dInputGradientOp(), {{source.Reals(y), source.Reals(weight)}, of_input}},
          {Conv2dWeightGradientOp(), {{source.Reals(y), source.Reals(x)}, of_weight}}};
}

std::vector<KernelCase> AllCases() {
  std::vector<KernelCase> cases;
  for (const Sizes& sizes : kSizes)
    for (KernelCase& convolution : CasesOf(sizes)) cases.push_back(std::move(convolution));
  return cases;
}

TEST(WinogradTest, AgreesWithTheReference) {
  for (const KernelCase& convolution : AllCases()) {
    SCOPED_TRACE(convolution.graph().ToString());

    ExpectClose(convolution.Run({}), convolution.Reference());
  }
}

TEST(WinogradTest, AgreesWithTheReferenceOnEveryInstructionSetOfTheMachine) {
  const std::vector<KernelCase> cases = CasesOf(kSizes[3]);
  std::vector<std::vector<double>> references;
  for (const KernelCase& convolution : cases) references.push_back(convolution.Reference());
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);

    for (std::size_t i = 0; i < cases.size(); ++i) ExpectClose(cases[i].Run({}), references[i]);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(WinogradTest, GivesEqualBitsForAnyNumberOfThreadsAndAnyAlignment) {
  for (const KernelCase& convolution : AllCases()) {
    SCOPED_TRACE(convolution.graph().ToString());
    const std::vector<float> alone = convolution.Run({});

    EXPECT_EQ(convolution.Run({.threads = 2}), alone);
    EXPECT_EQ(convolution.Run({.threads = 3, .misalignment = 3}), alone);
  }
}

TEST(WinogradTest, TheGradientOfWeightsAddsToWhatIsThere) {
  const std::vector<KernelCase> cases = CasesOf(kSizes[1]);
  const KernelCase& gradient = cases.back();

  ExpectClose(gradient.Run({.mode = OutputMode::kAccumulate, .before = 1.5f}), gradient.Reference(),
              1.5);
}

TEST(WinogradTest, IsNotForStridesDilationsGroupsOrFewChannels) {
  const Shape x = {8, 32, 12, 12}, weight = {32, 32, 3, 3}, y = {8, 32, 12, 12};
  const cpu::ConvolutionOperands suitable =
      cpu::OperandsOf(AttributesOf({.padding = 1}), x, weight, y);
  const auto suits = [&](auto change) {
    cpu::ConvolutionOperands changed = suitable;
    change(changed);
    return cpu::SuitsWinograd(changed);
  };

  EXPECT_TRUE(cpu::SuitsWinograd(suitable));
  EXPECT_FALSE(suits([](auto& operands) { operands.stride = {1, 2}; }));
  EXPECT_FALSE(suits([](auto& operands) { operands.dilation = {2, 2}; }));
  EXPECT_FALSE(suits([](auto& operands) { operands.groups = 2; }));
  EXPECT_FALSE(suits([](auto& operands) { operands.weight = {32, 3, 3, 3}; }));
  EXPECT_FALSE(suits([](auto& operands) { operands.weight = {32, 32, 5, 5}; }));
  EXPECT_FALSE(suits([](auto& operands) { operands.padding = {1, 0}; }));
}

}  // namespace
}  // namespace descent
