#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/numeric/kernel_case.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/reduce_ops.h"

namespace descent {
namespace {

using testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

SampledTensor Floats(Shape shape, std::vector<double> values) {
  return {{DataType::kFloat32, std::move(shape)}, std::move(values)};
}

SampledTensor Integers(Shape shape, std::vector<double> values) {
  return {{DataType::kInt32, std::move(shape)}, std::move(values)};
}

std::vector<float> Of(const OpDef& op, std::vector<SampledTensor> inputs,
                      Attributes attributes = {}) {
  return KernelCase(op, {std::move(inputs), std::move(attributes)}).Run({});
}

Attributes Over(Shape axes) { return {{"axes", std::move(axes)}, {"keepdims", std::int64_t{0}}}; }

TEST(ArithmeticKernelTest, ARowIsRepeatedOverAColumn) {
  const SampledTensor column = Floats({2, 1}, {10, 20}), row = Floats({3}, {1, 2, 4});

  EXPECT_THAT(Of(AddOp(), {column, row}), ElementsAre(11, 12, 14, 21, 22, 24));
  EXPECT_THAT(Of(SubOp(), {column, row}), ElementsAre(9, 8, 6, 19, 18, 16));
  EXPECT_THAT(Of(MulOp(), {column, row}), ElementsAre(10, 20, 40, 20, 40, 80));
  EXPECT_THAT(Of(DivOp(), {column, row}), ElementsAre(10, 5, 2.5, 20, 10, 5));
}

TEST(ArithmeticKernelTest, AQuotientByZeroIsInfinite) {
  EXPECT_THAT(Of(DivOp(), {Floats({2}, {1, -1}), Floats({}, {0})}),
              ElementsAre(kInfinity, -kInfinity));
}

TEST(ArithmeticKernelTest, NanStaysNan) {
  for (const OpDef* op : {&AddOp(), &SubOp(), &MulOp(), &DivOp()}) {
    EXPECT_TRUE(std::isnan(Of(*op, {Floats({2}, {kNan, 1}), Floats({}, {1})})[0])) << op->name;
    EXPECT_TRUE(std::isnan(Of(*op, {Floats({}, {1}), Floats({2}, {kNan, 1})})[0])) << op->name;
  }
}

TEST(ArithmeticKernelTest, NanEqualsNothing) {
  EXPECT_THAT(Of(EqualOp(), {Floats({3}, {kNan, 2, 3}), Floats({3}, {kNan, 2, 4})}),
              ElementsAre(0, 1, 0));
}

TEST(WhereKernelTest, AnyNumberButZeroChoosesTheFirst) {
  EXPECT_THAT(
      Of(WhereOp(), {Integers({4}, {0, 1, -7, 0}), Floats({4}, {1, 2, 3, 4}), Floats({}, {9})}),
      ElementsAre(9, 2, 3, 9));
}

TEST(WhereKernelTest, TheOperandThatIsNotChosenMayBeNan) {
  EXPECT_THAT(
      Of(WhereOp(), {Integers({2}, {1, 0}), Floats({2}, {5, kNan}), Floats({2}, {kNan, 6})}),
      ElementsAre(5, 6));
}

TEST(ReduceKernelTest, ReducesOverRowsColumnsAndAll) {
  const SampledTensor x = Floats({2, 3}, {1, 2, 3, 4, 5, 9});

  EXPECT_THAT(Of(ReduceSumOp(), {x}, Over({0})), ElementsAre(5, 7, 12));
  EXPECT_THAT(Of(ReduceSumOp(), {x}, Over({1})), ElementsAre(6, 18));
  EXPECT_THAT(Of(ReduceSumOp(), {x}, Over({0, 1})), ElementsAre(24));
  EXPECT_THAT(Of(ReduceMeanOp(), {x}, Over({1})), ElementsAre(2, 6));
  EXPECT_THAT(Of(ReduceMaxOp(), {x}, Over({0})), ElementsAre(4, 5, 9));
}

TEST(ReduceKernelTest, ReducesAnInnerAndAnOuterAxisTogether) {
  const SampledTensor x = Floats({2, 2, 2}, {1, 2, 3, 4, 10, 20, 30, 40});

  EXPECT_THAT(Of(ReduceSumOp(), {x}, Over({0, 2})), ElementsAre(33, 77));
}

TEST(ReduceKernelTest, TheMaximumOfNumbersBelowZeroIsBelowZero) {
  EXPECT_THAT(Of(ReduceMaxOp(), {Floats({3}, {-5, -2, -kInfinity})}, Over({0})), ElementsAre(-2));
}

TEST(ReduceKernelTest, NanStaysNan) {
  const SampledTensor x = Floats({2, 3}, {1, 2, 3, 4, kNan, 6});
  for (const OpDef* op : {&ReduceSumOp(), &ReduceMeanOp(), &ReduceMaxOp()}) {
    const std::vector<float> rows = Of(*op, {x}, Over({1}));
    EXPECT_FALSE(std::isnan(rows[0])) << op->name;
    EXPECT_TRUE(std::isnan(rows[1])) << op->name;
    EXPECT_TRUE(std::isnan(Of(*op, {x}, Over({0}))[1])) << op->name;
  }
}

TEST(SoftmaxKernelTest, LargeLogitsDoNotOverflow) {
  EXPECT_THAT(Of(SoftmaxOp(), {Floats({1, 2}, {1e4, 1e4})}), ElementsAre(0.5, 0.5));
  EXPECT_THAT(Of(SoftmaxOp(), {Floats({1, 2}, {3e4, -3e4})}), ElementsAre(1, 0));
  EXPECT_THAT(Of(LogSoftmaxOp(), {Floats({1, 2}, {3e4, 1e4})}), ElementsAre(0, -2e4));
}

TEST(SoftmaxKernelTest, NanStaysInItsRow) {
  for (const OpDef* op : {&SoftmaxOp(), &LogSoftmaxOp()}) {
    const std::vector<float> y = Of(*op, {Floats({2, 2}, {kNan, 1, 1, 1})});

    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[1])) << op->name;
    EXPECT_FALSE(std::isnan(y[2]) || std::isnan(y[3])) << op->name;
  }
}

TEST(MovementKernelTest, TransposesThreeAxes) {
  const SampledTensor x = Floats({1, 2, 3}, {1, 2, 3, 4, 5, 6});

  EXPECT_THAT(Of(TransposeOp(), {x}, {{"permutation", Shape{2, 0, 1}}}),
              ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(MovementKernelTest, ExpandsAColumn) {
  EXPECT_THAT(Of(ExpandOp(), {Floats({2, 1}, {1, 2})}, {{"shape", Shape{2, 3}}}),
              ElementsAre(1, 1, 1, 2, 2, 2));
}

TEST(MovementKernelTest, TakesEverySecondColumn) {
  const SampledTensor x = Floats({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});

  EXPECT_THAT(
      Of(SliceOp(), {x}, {{"starts", Shape{0, 1}}, {"ends", Shape{2, 4}}, {"steps", Shape{1, 2}}}),
      ElementsAre(2, 4, 6, 8));
}

TEST(MovementKernelTest, JoinsColumns) {
  EXPECT_THAT(Of(ConcatOp(), {Floats({2, 1}, {1, 2}), Floats({2, 2}, {3, 4, 5, 6})},
                 {{"axis", std::int64_t{1}}}),
              ElementsAre(1, 3, 4, 2, 5, 6));
}

TEST(MovementKernelTest, CutsColumnsApart) {
  EXPECT_THAT(Of(SplitOp(), {Floats({2, 3}, {1, 3, 4, 2, 5, 6})},
                 {{"axis", std::int64_t{1}}, {"sizes", Shape{1, 2}}}),
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(GatherKernelTest, TakesColumnsInTheOrderOfTheIndices) {
  EXPECT_THAT(Of(GatherOp(), {Floats({2, 3}, {1, 2, 3, 4, 5, 6}), Integers({2}, {2, 0})},
                 {{"axis", std::int64_t{1}}}),
              ElementsAre(3, 1, 6, 4));
}

TEST(GatherKernelTest, GradientsOfOneIndexAreAddedUp) {
  EXPECT_THAT(Of(GatherGradientOp(), {Integers({3}, {1, 1, 0}), Floats({3, 2}, {1, 2, 3, 4, 5, 6})},
                 {{"axis", std::int64_t{0}}, {"size", std::int64_t{3}}}),
              ElementsAre(5, 6, 4, 6, 0, 0));
}

TEST(GatherKernelDeathTest, AnIndexThatIsNotThereEndsTheProgram) {
  EXPECT_DEATH(
      Of(GatherOp(), {Floats({2}, {1, 2}), Integers({1}, {2})}, {{"axis", std::int64_t{0}}}),
      "size");
}

}  // namespace
}  // namespace descent
