#include <gtest/gtest.h>

#include "tests/unit/graph/refusal.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/reduce_ops.h"

namespace descent {
namespace {

// The shape that the op gives to its first output.
Shape ShapeOf(const OpDef& op, const std::vector<TensorType>& inputs,
              const Attributes& attributes = {}) {
  return op.infer(inputs, attributes).value()[0].shape;
}

TEST(BroadcastShapeRuleTest, SizesOfOneAreRepeatedOnEitherSide) {
  for (const OpDef* op : {&AddOp(), &SubOp(), &MulOp(), &DivOp(), &EqualOp()})
    EXPECT_EQ(ShapeOf(*op, {Floats({4, 1, 3}), Floats({2, 1})}), (Shape{4, 2, 3})) << op->name;
}

TEST(BroadcastShapeRuleTest, AScalarGoesWithAnyShape) {
  EXPECT_EQ(ShapeOf(AddOp(), {Floats({}), Floats({2, 3})}), (Shape{2, 3}));
}

TEST(BroadcastShapeRuleTest, SizesThatDifferAreRefused) {
  for (const OpDef* op : {&AddOp(), &SubOp(), &MulOp(), &DivOp(), &EqualOp()})
    EXPECT_EQ(RefusalOf(*op, {Floats({3, 2}), Floats({2, 3})}),
              "the operands are [3, 2] and [2, 3], wanted sizes that agree or are 1, counted from "
              "the last axis")
        << op->name;
}

TEST(BroadcastShapeRuleTest, ArithmeticRefusesIntegers) {
  EXPECT_EQ(RefusalOf(SubOp(), {Floats({3}), Integers({3})}),
            "the second operand is int32, wanted f32");
}

TEST(WhereShapeRuleTest, AConditionOfAnotherShapeIsRefused) {
  EXPECT_EQ(RefusalOf(WhereOp(), {Integers({4}), Floats({2, 3}), Floats({3})}),
            "the operands are [4] and [2, 3], wanted sizes that agree or are 1, counted from the "
            "last axis");
}

TEST(WhereShapeRuleTest, ARealConditionIsRefused) {
  EXPECT_EQ(RefusalOf(WhereOp(), {Floats({3}), Floats({3}), Floats({3})}),
            "condition is f32, wanted int32");
}

TEST(ReduceShapeRuleTest, AnAxisIsDroppedOrKeptWithSizeOne) {
  const TensorType x = Floats({2, 3, 4});
  for (const OpDef* op : {&ReduceSumOp(), &ReduceMeanOp(), &ReduceMaxOp()}) {
    EXPECT_EQ(ShapeOf(*op, {x}, {{"axes", Shape{0, 2}}, {"keepdims", std::int64_t{0}}}),
              (Shape{3}));
    EXPECT_EQ(ShapeOf(*op, {x}, {{"axes", Shape{1}}, {"keepdims", std::int64_t{1}}}),
              (Shape{2, 1, 4}));
  }
}

TEST(ReduceShapeRuleTest, AnAxisThatIsNotThereIsRefused) {
  EXPECT_EQ(RefusalOf(ReduceSumOp(), {Floats({2, 3})},
                      {{"axes", Shape{2}}, {"keepdims", std::int64_t{0}}}),
            "x is [2, 3], which has no axis 2");
}

TEST(ReduceShapeRuleTest, AnAxisThatIsNamedTwiceIsRefused) {
  EXPECT_EQ(RefusalOf(ReduceMaxOp(), {Floats({2, 3})},
                      {{"axes", Shape{1, 1}}, {"keepdims", std::int64_t{0}}}),
            "axes are [1, 1], wanted each but once");
}

TEST(ReduceBuilderTest, NoAxesAreAllAndNegativeOnesCountFromTheLast) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {2, 3, 4}});

  const ValueId all = ReduceSum(graph, x, {}).value();
  const ValueId last = ReduceMean(graph, x, {.axes = {-1}}).value();

  EXPECT_EQ(graph.value(all).type.shape, Shape());
  EXPECT_EQ(graph.value(last).type.shape, (Shape{2, 3}));
}

TEST(SoftmaxShapeRuleTest, AScalarIsRefused) {
  for (const OpDef* op : {&SoftmaxOp(), &LogSoftmaxOp()})
    EXPECT_EQ(RefusalOf(*op, {Floats({})}), "x is [], which has no axis 0");
}

TEST(SoftmaxShapeRuleTest, AGradientOfAnotherShapeIsRefused) {
  for (const OpDef* op : {&SoftmaxGradientOp(), &LogSoftmaxGradientOp()})
    EXPECT_EQ(RefusalOf(*op, {Floats({2, 3}), Floats({2, 4})}),
              "the second operand is [2, 4], wanted [2, 3]");
}

TEST(SoftmaxBuilderTest, AnAxisThatIsNotThereIsRefused) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {2, 3}});

  EXPECT_EQ(Softmax(graph, x, -3).status().message(), "x is [2, 3], which has no axis -1");
}

TEST(ReshapeShapeRuleTest, AnotherNumberOfElementsIsRefused) {
  EXPECT_EQ(RefusalOf(ReshapeOp(), {Floats({2, 3})}, {{"shape", Shape{4, 2}}}),
            "x is [2, 3], which has not as many elements as [4, 2]");
}

TEST(TransposeShapeRuleTest, AnAxisTwiceIsRefused) {
  EXPECT_EQ(RefusalOf(TransposeOp(), {Floats({2, 3})}, {{"permutation", Shape{1, 1}}}),
            "x is [2, 3], wanted each of its axes once, found [1, 1]");
}

TEST(ExpandShapeRuleTest, AShapeThatWouldShrinkIsRefused) {
  EXPECT_EQ(RefusalOf(ExpandOp(), {Floats({2, 3})}, {{"shape", Shape{2, 1}}}),
            "x is [2, 3], which cannot be repeated to [2, 1]");
}

TEST(SliceShapeRuleTest, AnEndBehindTheLastElementIsRefused) {
  EXPECT_EQ(RefusalOf(SliceOp(), {Floats({2, 3})},
                      {{"starts", Shape{0, 1}}, {"ends", Shape{2, 4}}, {"steps", Shape{1, 2}}}),
            "x is [2, 3], which has no slice from [0, 1] to [2, 4] in steps of [1, 2]");
}

TEST(SliceShapeRuleTest, AGradientOfAnotherShapeIsRefused) {
  EXPECT_EQ(
      RefusalOf(
          SliceGradientOp(), {Floats({3})},
          {{"shape", Shape{6}}, {"starts", Shape{0}}, {"ends", Shape{6}}, {"steps", Shape{3}}}),
      "dy is [3], wanted [2]");
}

TEST(ConcatShapeRuleTest, PartsThatDifferInAnotherAxisAreRefused) {
  EXPECT_EQ(RefusalOf(ConcatOp(), {Floats({2, 3}), Floats({4, 5})}, {{"axis", std::int64_t{0}}}),
            "a part is [4, 5], wanted [4, 3]");
}

TEST(SplitShapeRuleTest, PiecesThatDoNotAddUpAreRefused) {
  EXPECT_EQ(
      RefusalOf(SplitOp(), {Floats({2, 7})}, {{"axis", std::int64_t{1}}, {"sizes", Shape{3, 3}}}),
      "x is [2, 7], whose axis 1 is not cut into [3, 3]");
}

TEST(GatherShapeRuleTest, TheAxesOfTheIndicesTakeThePlaceOfTheAxis) {
  EXPECT_EQ(ShapeOf(GatherOp(), {Floats({2, 9, 4}), Integers({5, 6})}, {{"axis", std::int64_t{1}}}),
            (Shape{2, 5, 6, 4}));
}

TEST(GatherShapeRuleTest, RealIndicesAreRefused) {
  EXPECT_EQ(RefusalOf(GatherOp(), {Floats({2, 9}), Floats({5})}, {{"axis", std::int64_t{1}}}),
            "indices is f32, wanted int32");
}

TEST(GatherShapeRuleTest, AGradientWithoutTheAxesOfTheIndicesIsRefused) {
  EXPECT_EQ(RefusalOf(GatherGradientOp(), {Integers({5}), Floats({2, 6})},
                      {{"axis", std::int64_t{1}}, {"size", std::int64_t{9}}}),
            "dy is [2, 6], wanted the indices' axes [5] from axis 1 on");
}

}  // namespace
}  // namespace descent
