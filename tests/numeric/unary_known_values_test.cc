#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/numeric/kernel_case.h"
#include "worker/ops/elementwise_ops.h"

namespace descent {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<float> Of(const OpDef& op, std::vector<double> values, Attributes attributes = {}) {
  const auto size = static_cast<std::int64_t>(values.size());
  const KernelCase known(
      op, {{{{DataType::kFloat32, {size}}, std::move(values)}}, std::move(attributes)});
  return known.Run({});
}

constexpr float kFloatInfinity = std::numeric_limits<float>::infinity();

TEST(UnaryKernelTest, SigmoidAndTanhEndAtTheirBounds) {
  EXPECT_EQ(Of(SigmoidOp(), {-300, 0, 300}), (std::vector<float>{0, 0.5, 1}));
  EXPECT_EQ(Of(TanhOp(), {-300, 0, 300}), (std::vector<float>{-1, 0, 1}));
}

TEST(UnaryKernelTest, ExpIsInfiniteBeyondTheLargestFloat) {
  EXPECT_EQ(Of(ExpOp(), {0, 89, 200, kInfinity, -200, -kInfinity}),
            (std::vector<float>{1, kFloatInfinity, kFloatInfinity, kFloatInfinity, 0, 0}));
}

TEST(UnaryKernelTest, LogOfZeroIsMinusInfinityAndOfLessNan) {
  const std::vector<float> y = Of(LogOp(), {1, 0, kInfinity, -1, 0.01});

  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], -kFloatInfinity);
  EXPECT_EQ(y[2], kFloatInfinity);
  EXPECT_TRUE(std::isnan(y[3]));
  EXPECT_NEAR(y[4], std::log(0.01), 1e-6);
}

TEST(UnaryKernelTest, AWholePowerOfANegativeNumberHasItsSign) {
  const std::vector<float> squares = Of(PowOp(), {-3, 0, 2}, {{"exponent", 2.0}});
  EXPECT_NEAR(squares[0], 9, 4e-6);
  EXPECT_EQ(squares[1], 0);
  EXPECT_NEAR(squares[2], 4, 2e-6);
  EXPECT_NEAR(Of(PowOp(), {-2}, {{"exponent", 3.0}})[0], -8, 4e-6);
  EXPECT_EQ(Of(PowOp(), {0, -5}, {{"exponent", 0.0}}), (std::vector<float>{1, 1}));
  EXPECT_TRUE(std::isnan(Of(PowOp(), {-2}, {{"exponent", 0.5}})[0]));
}

TEST(UnaryKernelTest, ClipHoldsItsBounds) {
  EXPECT_EQ(Of(ClipOp(), {-9, -1, 0.5, 2, 9}, {{"low", -1.0}, {"high", 2.0}}),
            (std::vector<float>{-1, -1, 0.5, 2, 2}));
}

TEST(UnaryKernelTest, NanStaysNan) {
  for (const OpDef* op :
       {&SigmoidOp(), &TanhOp(), &ExpOp(), &LogOp(), &SqrtOp(), &PowOp(), &ClipOp()}) {
    const Attributes attributes = {{"exponent", 3.0}, {"low", -1.0}, {"high", 1.0}};

    EXPECT_TRUE(std::isnan(Of(*op, {kNan, 1}, attributes)[0])) << op->name;
  }
}

}  // namespace
}  // namespace descent
