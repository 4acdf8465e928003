#include "worker/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "worker/graph/rewrite.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

using testing::ElementsAre;

TEST(GraphTest, ANodeInfersTheTypeOfItsOutput) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {8, 3}});
  const ValueId weight = graph.AddParameter("weight", {5, 3}, Initialization::Uniform(1));

  const ValueId y = MatMul(graph, x, weight, {.transpose_b = true}).value();

  EXPECT_EQ(graph.value(y).type, (TensorType{DataType::kFloat32, {8, 5}}));
  EXPECT_EQ(graph.value(y).role, ValueRole::kTemporary);
}

TEST(GraphTest, ListsItsParametersInTheOrderTheyWereAdded) {
  Graph graph;
  const ValueId first = graph.AddParameter("b", {1}, Initialization::Uniform(1));
  graph.AddInput("x", {DataType::kFloat32, {1}});
  const ValueId second = graph.AddParameter("a", {1}, Initialization::Uniform(1));

  EXPECT_THAT(graph.parameters(), ElementsAre(first, second));
}

TEST(GraphTest, ARefusalNamesTheOp) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {8, 3}});

  const Result<ValueId> y = MatMul(graph, x, x, {});

  EXPECT_EQ(y.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(y.status().message(), "matmul: inner sizes differ: op(a) is [8, 3], op(b) is [8, 3]");
}

TEST(GraphTest, ARefusedNodeLeavesTheGraphAsItWas) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {8, 3}});

  EXPECT_FALSE(MatMul(graph, x, x, {}).ok());

  EXPECT_EQ(graph.value_count(), 1);
  EXPECT_TRUE(graph.nodes().empty());
}

TEST(GraphTest, PrintsOneLineForEachNode) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {8, 3}});
  EXPECT_TRUE(Dropout(graph, x, {.probability = 0.5, .layer = 2}).ok());

  EXPECT_EQ(graph.ToString(),
            "dropout_1[8, 3] = dropout(x) layer=2 probability=0.5 rows_per_sample=1\n");
}

TEST(RewriteTest, RemovesNodesThatNothingWantedDependsOn) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {2, 3}});
  const ValueId kept = Relu(graph, x).value();
  EXPECT_TRUE(Gelu(graph, x).ok());
  const ValueId wanted = ColumnSum(graph, kept).value();

  const Graph pruned = RemoveDeadNodes(graph, std::array{wanted});

  ASSERT_EQ(pruned.nodes().size(), 2u);
  EXPECT_EQ(pruned.nodes()[0].op->name, "relu");
  EXPECT_EQ(pruned.nodes()[1].op->name, "column_sum");
}

TEST(RewriteTest, EvaluationReadsPastDropout) {
  Graph graph;
  const ValueId x = graph.AddInput("x", {DataType::kFloat32, {2, 3}});
  const ValueId once = Dropout(graph, x, {.probability = 0.5, .layer = 0}).value();
  const ValueId twice = Dropout(graph, once, {.probability = 0.5, .layer = 1}).value();
  EXPECT_TRUE(Relu(graph, twice).ok());

  const Graph evaluated = ForEvaluation(graph);

  ASSERT_EQ(evaluated.nodes().size(), 1u);
  EXPECT_THAT(evaluated.nodes()[0].inputs, ElementsAre(x));
}

}  // namespace
}  // namespace descent
