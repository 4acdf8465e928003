#include <gtest/gtest.h>

#include "tests/unit/graph/refusal.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/transformer_ops.h"

namespace descent {
namespace {

TEST(ShapeRuleTest, MatMulRefusesAVector) {
  EXPECT_EQ(RefusalOf(MatMulOp(), {Floats({3}), Floats({3, 3})}), "a is [3], wanted 2 axes");
}

TEST(ShapeRuleTest, AddBiasRefusesABiasOfAnotherLength) {
  EXPECT_EQ(RefusalOf(AddBiasOp(), {Floats({8, 3}), Floats({4})}), "bias is [4], wanted [3]");
}

TEST(ShapeRuleTest, ColumnSumRefusesAVector) {
  EXPECT_EQ(RefusalOf(ColumnSumOp(), {Floats({3})}), "x is [3], wanted 2 axes");
}

TEST(ShapeRuleTest, ReluRefusesIntegers) {
  EXPECT_EQ(RefusalOf(ReluOp(), {Integers({3})}), "x is int32, wanted f32");
}

TEST(ShapeRuleTest, ReluGradientRefusesShapesThatDiffer) {
  EXPECT_EQ(RefusalOf(ReluGradientOp(), {Floats({3}), Floats({4})}),
            "the second operand is [4], wanted [3]");
}

TEST(ShapeRuleTest, GeluRefusesTwoOperands) {
  EXPECT_EQ(RefusalOf(GeluOp(), {Floats({3}), Floats({3})}), "found 2 operands, wanted 1");
}

TEST(ShapeRuleTest, GeluGradientRefusesShapesThatDiffer) {
  EXPECT_EQ(RefusalOf(GeluGradientOp(), {Floats({3}), Floats({1, 3})}),
            "the second operand is [1, 3], wanted [3]");
}

TEST(ShapeRuleTest, DropoutRefusesToDropEverything) {
  EXPECT_EQ(RefusalOf(DropoutOp(), {Floats({2, 3})}, {{"probability", 1.0}}),
            "probability is 1.000000, wanted [0, 1)");
}

TEST(ShapeRuleTest, SoftmaxCrossEntropyRefusesLabelsForOtherRows) {
  EXPECT_EQ(RefusalOf(SoftmaxCrossEntropyOp(), {Floats({8, 3}), Integers({7})}),
            "labels is [7], wanted [8]");
}

TEST(ShapeRuleTest, SoftmaxCrossEntropyGradientRefusesLossesForOtherRows) {
  EXPECT_EQ(RefusalOf(SoftmaxCrossEntropyGradientOp(),
                      {Floats({8, 3}), Integers({8}), Floats({8}), Floats({3})}),
            "a value per row is [3], wanted [8]");
}

TEST(ShapeRuleTest, SoftmaxCrossEntropyRefusesToSmoothAllAway) {
  EXPECT_EQ(
      RefusalOf(SoftmaxCrossEntropyOp(), {Floats({8, 3}), Integers({8})}, {{"smoothing", 1.0}}),
      "smoothing is 1.000000, wanted at least 0 and below 1");
}

TEST(ShapeRuleTest, LinearCrossEntropyRefusesAWeightOfAnotherWidth) {
  EXPECT_EQ(RefusalOf(LinearCrossEntropyOp(),
                      {Floats({8, 3}), Floats({10, 4}), Integers({8}), Floats({8})},
                      {{"smoothing", 0.0}, {"chunk_rows", std::int64_t{4}}}),
            "weight is [10, 4], wanted [10, 3]");
}

TEST(ShapeRuleTest, LinearCrossEntropyRefusesAChunkOfMoreRowsThanThereAre) {
  EXPECT_EQ(RefusalOf(LinearCrossEntropyOp(),
                      {Floats({8, 3}), Floats({10, 3}), Integers({8}), Floats({8})},
                      {{"smoothing", 0.0}, {"chunk_rows", std::int64_t{9}}}),
            "chunk_rows is 9, wanted 1 to 8");
}

TEST(ShapeRuleTest, RmsNormRefusesAGainOfAnotherLength) {
  EXPECT_EQ(RefusalOf(RmsNormOp(), {Floats({8, 3}), Floats({4})}, {{"epsilon", 1e-5}}),
            "gain is [4], wanted [3]");
}

TEST(ShapeRuleTest, RmsNormGradientRefusesAnotherGradient) {
  EXPECT_EQ(
      RefusalOf(RmsNormGradientOp(), {Floats({8, 4}), Floats({8, 3}), Floats({3}), Floats({8})}),
      "dy is [8, 4], wanted [8, 3]");
}

TEST(ShapeRuleTest, RmsNormGainGradientRefusesARowTooMany) {
  EXPECT_EQ(RefusalOf(RmsNormGainGradientOp(), {Floats({8, 3}), Floats({8, 3}), Floats({9})}),
            "inverse_rms is [9], wanted [8]");
}

TEST(ShapeRuleTest, RotaryRefusesAnOddWidthOfAHead) {
  EXPECT_EQ(RefusalOf(RotaryOp(), {Floats({8, 18})},
                      {{"heads", std::int64_t{2}}, {"tokens", std::int64_t{4}}}),
            "projections is [8, 18], wanted rows in multiples of 4 tokens and columns in multiples "
            "of 3 times 2 heads of an even width");
}

TEST(ShapeRuleTest, SiluRefusesIntegers) {
  EXPECT_EQ(RefusalOf(SiluOp(), {Integers({3})}), "x is int32, wanted f32");
}

TEST(ShapeRuleTest, FunctionsOfAnElementRefuseIntegers) {
  const Attributes attributes = {{"exponent", 2.0}, {"low", 0.0}, {"high", 1.0}};
  for (const OpDef* op :
       {&SigmoidOp(), &TanhOp(), &ExpOp(), &LogOp(), &SqrtOp(), &PowOp(), &ClipOp()})
    EXPECT_EQ(RefusalOf(*op, {Integers({3})}, attributes), "x is int32, wanted f32") << op->name;
}

TEST(ShapeRuleTest, TheirGradientsRefuseShapesThatDiffer) {
  const Attributes attributes = {{"exponent", 2.0}, {"low", 0.0}, {"high", 1.0}};
  for (const OpDef* op : {&SigmoidGradientOp(), &TanhGradientOp(), &LogGradientOp(),
                          &SqrtGradientOp(), &PowGradientOp(), &ClipGradientOp()})
    EXPECT_EQ(RefusalOf(*op, {Floats({3}), Floats({4})}, attributes),
              "the second operand is [4], wanted [3]")
        << op->name;
}

TEST(ShapeRuleTest, ClipRefusesBoundsInTheWrongOrder) {
  EXPECT_EQ(RefusalOf(ClipOp(), {Floats({3})}, {{"low", 2.0}, {"high", 1.0}}),
            "low is 2.000000, wanted at most high 1.000000");
}

TEST(ShapeRuleTest, GeluTanhRefusesTwoOperands) {
  EXPECT_EQ(RefusalOf(GeluTanhOp(), {Floats({3}), Floats({3})}), "found 2 operands, wanted 1");
}

TEST(ShapeRuleTest, TopOneCorrectRefusesRealLabels) {
  EXPECT_EQ(RefusalOf(TopOneCorrectOp(), {Floats({8, 3}), Floats({8})}),
            "labels is f32, wanted int32");
}

TEST(ShapeRuleTest, TopFiveCorrectRefusesLabelsForOtherRows) {
  EXPECT_EQ(RefusalOf(TopFiveCorrectOp(), {Floats({8, 9}), Integers({7})}),
            RefusalOf(TopOneCorrectOp(), {Floats({8, 9}), Integers({7})}));
  EXPECT_NE(RefusalOf(TopFiveCorrectOp(), {Floats({8, 9}), Integers({7})}), "");
}

TEST(ShapeRuleTest, IdentityRefusesIntegers) {
  EXPECT_EQ(RefusalOf(IdentityOp(), {Integers({3})}), "x is int32, wanted f32");
}

TEST(ShapeRuleTest, FillRefusesAnEmptyAxis) {
  EXPECT_EQ(RefusalOf(FillOp(), {}, {{"shape", Shape{3, 0}}, {"value", 1.0}}),
            "shape is [3, 0], wanted sizes >= 1");
}

TEST(ShapeRuleTest, EmbeddingRefusesTokensThatAreNotIntegers) {
  EXPECT_EQ(RefusalOf(EmbeddingOp(), {Floats({3}), Floats({5, 4})}), "tokens is f32, wanted int32");
}

TEST(ShapeRuleTest, EmbeddingGradientRefusesARowTooMany) {
  EXPECT_EQ(RefusalOf(EmbeddingGradientOp(), {Integers({3}), Floats({4, 5})},
                      {{"vocabulary", std::int64_t{9}}}),
            "dy is [4, 5], wanted [3, 5]");
}

TEST(ShapeRuleTest, AddPositionsRefusesHalfASample) {
  EXPECT_EQ(RefusalOf(AddPositionsOp(), {Floats({7, 4}), Floats({2, 4})}),
            "x has 7 rows, wanted a multiple of the 2 tokens of a sample");
}

TEST(ShapeRuleTest, LayerNormRefusesAGainOfAnotherLength) {
  EXPECT_EQ(
      RefusalOf(LayerNormOp(), {Floats({8, 3}), Floats({4}), Floats({3})}, {{"epsilon", 1e-5}}),
      "gain is [4], wanted [3]");
}

TEST(ShapeRuleTest, LayerNormRefusesAnEpsilonOfZero) {
  EXPECT_EQ(
      RefusalOf(LayerNormOp(), {Floats({8, 3}), Floats({3}), Floats({3})}, {{"epsilon", 0.0}}),
      "epsilon is 0.000000, wanted above 0");
}

TEST(ShapeRuleTest, CausalAttentionRefusesColumnsThatHeadsDoNotDivide) {
  EXPECT_EQ(
      RefusalOf(CausalAttentionOp(), {Floats({8, 30})},
                {{"heads", std::int64_t{4}},
                 {"tokens", std::int64_t{4}},
                 {"probability", 0.0},
                 {"layer", std::int64_t{0}}}),
      "projections are [8, 30], wanted rows in multiples of 4 tokens and columns in multiples "
      "of 3 times 4 heads");
}

TEST(ShapeRuleTest, ALossRefusesTargetsOfAnotherShape) {
  for (const OpDef* op : {&BinaryCrossEntropyOp(), &SquaredErrorOp(), &HuberOp()}) {
    EXPECT_EQ(RefusalOf(*op, {Floats({8, 3}), Floats({8, 2})}, {{"delta", 1.0}}),
              "targets is [8, 2], wanted [8, 3]");
  }
}

TEST(ShapeRuleTest, ALossGradientRefusesLossesForOtherRows) {
  EXPECT_EQ(RefusalOf(SquaredErrorGradientOp(), {Floats({8, 3}), Floats({8, 3}), Floats({3})}),
            "dlosses is [3], wanted [8]");
}

TEST(ShapeRuleTest, HuberRefusesADeltaOfZero) {
  EXPECT_EQ(RefusalOf(HuberOp(), {Floats({8, 3}), Floats({8, 3})}, {{"delta", 0.0}}),
            "delta is 0.000000, wanted above 0");
}

TEST(ShapeRuleTest, BinaryCorrectRefusesTwoLogits) {
  EXPECT_EQ(RefusalOf(BinaryCorrectOp(), {Floats({8, 2}), Integers({8, 1})}),
            "logits is [8, 2], wanted [8, 1]");
}

TEST(ShapeRuleTest, CastRefusesRealNumbers) {
  EXPECT_EQ(RefusalOf(CastOp(), {Floats({8})}), "x is f32, wanted int32");
}

TEST(ShapeRuleTest, SampleMeanRefusesHalfASample) {
  EXPECT_EQ(RefusalOf(SampleMeanOp(), {Floats({7})}, {{"tokens", std::int64_t{2}}}),
            "x has 7 values, wanted a multiple of the 2 tokens of a sample");
}

}  // namespace
}  // namespace descent
