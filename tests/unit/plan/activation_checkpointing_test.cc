#include "worker/plan/activation_checkpointing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "worker/ops/differentiate.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

// relu(x) -> gelu -> sigmoid -> tanh, differentiated by x.
StepGraph Chain() {
  Graph graph;
  ValueId x = graph.AddParameter("x", {4, 8}, Initialization::Uniform(1));
  const ValueId parameter = x;
  x = Relu(graph, x).value();
  x = Gelu(graph, x).value();
  x = Sigmoid(graph, x).value();
  x = Tanh(graph, x).value();
  ModelPorts ports;
  ports.losses = x;
  graph.set_ports(ports);
  return {Differentiate(graph, x, std::array{parameter}).value().graph, 4};
}

std::string OpsOf(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes()) text += std::string(node.op->name) + " ";
  return text;
}

TEST(CutPointsTest, AChainCanBeCutBehindEveryNode) {
  EXPECT_EQ(CutPoints(Chain()), (std::vector<std::size_t>{1, 2, 3}));
}

TEST(CutPointsTest, ABranchIsNotCutFromItsTrunk) {
  Graph graph;
  const ValueId x = graph.AddParameter("x", {4}, Initialization::Uniform(1));
  const ValueId trunk = Relu(graph, x).value();
  const ValueId branch = Gelu(graph, Tanh(graph, trunk).value()).value();
  const ValueId sum = Add(graph, trunk, branch).value();
  Sigmoid(graph, sum).value();

  EXPECT_EQ(CutPoints({graph, 5}), (std::vector<std::size_t>{1, 4}));
}

TEST(ChooseSegmentsTest, CutsIntoPartsOfAboutOneSize) {
  EXPECT_EQ(ChooseSegments(Chain(), 2), (std::vector<std::size_t>{2}));
  EXPECT_EQ(ChooseSegments(Chain(), 4), (std::vector<std::size_t>{1, 2, 3}));
}

TEST(RecomputeSegmentsTest, RepeatsASegmentBeforeTheBackwardNodesThatNeedIt) {
  const StepGraph step = Chain();
  ASSERT_EQ(OpsOf(step.graph),
            "relu gelu sigmoid tanh fill tanh_gradient sigmoid_gradient gelu_gradient "
            "relu_gradient ");

  const Graph again = RecomputeSegments(step, {2});

  EXPECT_EQ(OpsOf(again),
            "relu gelu sigmoid tanh fill tanh_gradient sigmoid_gradient relu gelu_gradient "
            "relu_gradient ");
}

TEST(RecomputeSegmentsTest, WhatALaterSegmentReadsIsKept) {
  const StepGraph step = Chain();
  const ValueId gelu = step.graph.nodes()[1].outputs[0];

  const Graph again = RecomputeSegments(step, {2});

  const auto reads_gelu = [&](const Node& node) {
    return std::ranges::find(node.inputs, gelu) != node.inputs.end();
  };
  EXPECT_EQ(std::ranges::count_if(again.nodes(), reads_gelu), 1);  // sigmoid alone
}

TEST(RecomputeSegmentsTest, NoBackwardNodeReadsAResultThatWasDropped) {
  const StepGraph step = Chain();
  const ValueId relu = step.graph.nodes()[0].outputs[0];

  const Graph again = RecomputeSegments(step, {2});

  for (std::size_t i = step.forward_count; i < again.nodes().size(); ++i) {
    for (const ValueId id : again.nodes()[i].inputs) EXPECT_FALSE(id == relu);
  }
}

}  // namespace
}  // namespace descent
