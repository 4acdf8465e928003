#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/numeric/kernel_case.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/transformer_ops.h"

namespace descent {
namespace {

SampledTensor Floats(Shape shape, std::vector<double> values) {
  return {{DataType::kFloat32, std::move(shape)}, std::move(values)};
}

TEST(SmoothActivationKernelTest, FarFromZeroIsNothingOrAll) {
  for (const OpDef* op : {&SiluOp(), &GeluTanhOp()}) {
    const KernelCase known(*op, {{Floats({3}, {-200, 0, 200})}, {}});

    EXPECT_EQ(known.Run({}), (std::vector<float>{0, 0, 200})) << op->name;
  }
}

TEST(SmoothActivationKernelTest, NanStaysNan) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const OpDef* op : {&SiluOp(), &GeluTanhOp()}) {
    const KernelCase known(*op, {{Floats({2}, {nan, 0})}, {}});

    EXPECT_TRUE(std::isnan(known.Run({})[0])) << op->name;
    EXPECT_EQ(known.Run({})[1], 0) << op->name;
  }
}

TEST(SmoothActivationKernelTest, OfOneIsAsInPyTorch) {
  EXPECT_NEAR(KernelCase(SiluOp(), {{Floats({1}, {1})}, {}}).Run({})[0], 0.7310585786, 1e-7);
  EXPECT_NEAR(KernelCase(GeluTanhOp(), {{Floats({1}, {1})}, {}}).Run({})[0], 0.8411919906, 1e-7);
}

TEST(RmsNormKernelTest, ARowOfOneSizeHasAMeanSquareOfOne) {
  const KernelCase known(RmsNormOp(), {{Floats({1, 4}, {5, -5, 5, 5}), Floats({4}, {1, 1, 2, 0})},
                                       {{"epsilon", 1e-12}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, -1, 2, 0, 0.2f}));
}

TEST(RotaryKernelTest, TheFirstTokenIsNotTurned) {
  const KernelCase known(RotaryOp(), {{Floats({1, 6}, {1, 2, 3, 4, 5, 6})},
                                      {{"heads", std::int64_t{1}},
                                       {"tokens", std::int64_t{1}},
                                       {"is_reversed", std::int64_t{0}}}});

  EXPECT_EQ(known.Run({}), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(RotaryKernelTest, TheSecondTokenIsTurnedByOneRadianAndItsValuesAreNot) {
  const KernelCase known(RotaryOp(), {{Floats({2, 6}, {0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 7, 8})},
                                      {{"heads", std::int64_t{1}},
                                       {"tokens", std::int64_t{2}},
                                       {"is_reversed", std::int64_t{0}}}});

  const std::vector<float> y = known.Run({});

  EXPECT_NEAR(y[6], std::cos(1.0), 1e-7);
  EXPECT_NEAR(y[7], std::sin(1.0), 1e-7);
  EXPECT_NEAR(y[8], -2 * std::sin(1.0), 2e-7);
  EXPECT_NEAR(y[9], 2 * std::cos(1.0), 2e-7);
  EXPECT_EQ(y[10], 7);
  EXPECT_EQ(y[11], 8);
}

// The angles of far places are made by many small turns.
TEST(RotaryKernelTest, AFarPlaceIsTurnedExactly) {
  constexpr std::int64_t kTokens = 100'000;
  std::vector<double> values(6 * kTokens);
  values[6 * (kTokens - 1)] = 1;
  const KernelCase known(
      RotaryOp(),
      {{Floats({kTokens, 6}, values)},
       {{"heads", std::int64_t{1}}, {"tokens", kTokens}, {"is_reversed", std::int64_t{0}}}});

  EXPECT_NEAR(known.Run({})[6 * (kTokens - 1)], std::cos(kTokens - 1.0), 2e-7);
}

}  // namespace
}  // namespace descent
