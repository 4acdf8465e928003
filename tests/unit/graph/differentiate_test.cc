#include "worker/ops/differentiate.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

#include "worker/ops/ops.h"

namespace descent {
namespace {

std::vector<std::string_view> OpsOf(const Graph& graph) {
  std::vector<std::string_view> names;
  for (const Node& node : graph.nodes()) names.push_back(node.op->name);
  return names;
}

TEST(DifferentiateTest, TheGradientOfALinearLayerIsMatrixProducts) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {8, 3}});
  const ValueId weight = graph.AddParameter("weight", {5, 3}, Initialization::Uniform(1));
  const ValueId bias = graph.AddParameter("bias", {5}, Initialization::Uniform(1));
  const ValueId product = MatMul(graph, x, weight, {.transpose_b = true}).value();
  const ValueId y = AddBias(graph, product, bias).value();

  const auto result = Differentiate(graph, y, std::array{weight, bias}).value();

  // The gradient of x is not asked for, so the product that computes it is gone.
  EXPECT_EQ(OpsOf(result.graph),
            (std::vector<std::string_view>{"matmul", "add_bias", "fill", "column_sum", "matmul"}));
  EXPECT_EQ(result.graph.value(result.gradients[0]).type.shape, (Shape{5, 3}));
  EXPECT_EQ(result.graph.value(result.gradients[1]).type.shape, (Shape{5}));
}

TEST(DifferentiateTest, GradientsOfAValueUsedTwiceAreAdded) {
  Graph graph;
  const ValueId x = graph.AddParameter("x", {4}, Initialization::Uniform(1));
  const ValueId first = Relu(graph, x).value();
  const ValueId second = Gelu(graph, x).value();
  const ValueId y = Add(graph, first, second).value();

  const auto result = Differentiate(graph, y, std::array{x}).value();

  // The walk goes backwards, so it meets the path through gelu first.
  EXPECT_EQ(OpsOf(result.graph),
            (std::vector<std::string_view>{"relu", "gelu", "add", "fill", "gelu_gradient",
                                           "relu_gradient", "add"}));
}

TEST(DifferentiateTest, AParameterThatTheLossDoesNotDependOnIsRefusedByName) {
  Graph graph;
  const ValueId x = graph.AddParameter("used", {4}, Initialization::Uniform(1));
  const ValueId other = graph.AddParameter("layers.7.bias", {4}, Initialization::Uniform(1));
  const ValueId y = Relu(graph, x).value();

  const auto result = Differentiate(graph, y, std::array{x, other});

  EXPECT_EQ(result.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(result.status().message(), "the loss does not depend on layers.7.bias");
}

TEST(DifferentiateTest, AnOpWithoutAGradientIsRefusedByName) {
  Graph graph;
  const ValueId x = graph.AddParameter("x", {2, 4}, Initialization::Uniform(1));
  const ValueId y = ColumnSum(graph, x).value();

  const auto result = Differentiate(graph, y, std::array{x});

  EXPECT_EQ(result.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(result.status().message(), "column_sum has no gradient");
}

TEST(DifferentiateTest, AnOpWithoutAGradientOffThePathIsNoObstacle) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {2, 4}});
  const ValueId parameter = graph.AddParameter("parameter", {4}, Initialization::Uniform(1));
  const ValueId y = Add(graph, ColumnSum(graph, x).value(), parameter).value();

  EXPECT_TRUE(Differentiate(graph, y, std::array{parameter}).ok());
}

}  // namespace
}  // namespace descent
