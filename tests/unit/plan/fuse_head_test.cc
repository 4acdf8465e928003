#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "worker/models/model.h"
#include "worker/ops/differentiate.h"
#include "worker/ops/ops.h"
#include "worker/plan/program.h"

namespace descent {
namespace {

std::int64_t CountOf(const Graph& graph, std::string_view op) {
  return std::ranges::count(graph.nodes(), op, [](const Node& node) { return node.op->name; });
}

const Node& Only(const Graph& graph, std::string_view op) {
  EXPECT_EQ(CountOf(graph, op), 1);
  return *std::ranges::find(graph.nodes(), op, [](const Node& node) { return node.op->name; });
}

Graph Gpt(GptHead head, std::int64_t classes, std::int64_t layers) {
  ModelSpec model;
  model.architecture = GptSpec{
      .layers = layers, .heads = 2, .embedding_size = 8, .context_length = 128, .head = head};
  const SampleFormat format = {.token_count = 128, .label_count = 128, .class_count = classes};
  return BuildModel(model, format, /*batch_rows=*/4).value();
}

LoweredModel LoweredGpt(GptHead head, std::int64_t classes) {
  const Graph graph = Gpt(head, classes, /*layers=*/1);
  return Lower(graph, MakeParameterLayout(graph), PlanKind::kTrainWrite).value();
}

TEST(FuseHeadTest, OneNodeTakesThePlaceOfTheHeadAndItsCrossEntropy) {
  for (const GptHead head : {GptHead::kTied, GptHead::kUntied}) {
    const LoweredModel unfused = LoweredGpt(head, 11);

    const LoweredModel fused = FuseHead(unfused, DataType::kFloat32).value();

    for (const std::string_view op :
         {"softmax_cross_entropy", "softmax_cross_entropy_gradient", "top_one_correct"})
      EXPECT_EQ(CountOf(fused.graph, op), 0) << op;
    const Node& node = Only(fused.graph, "linear_cross_entropy");
    EXPECT_EQ(node.attributes.Integer("chunk_rows"), 4 * 128);
    EXPECT_EQ(fused.graph.nodes().size() + 5, unfused.graph.nodes().size());
  }
}

TEST(FuseHeadTest, LogitsOfManyClassesAreCutIntoChunksOfEqualMemory) {
  for (const auto& [stored, rows] :
       {std::pair(DataType::kFloat32, 256), std::pair(DataType::kBFloat16, 512)}) {
    const LoweredModel fused = FuseHead(LoweredGpt(GptHead::kTied, 50'257), stored).value();

    const Node& node = Only(fused.graph, "linear_cross_entropy");
    EXPECT_EQ(node.attributes.Integer("chunk_rows"), rows);
    EXPECT_EQ(fused.graph.value(node.outputs[4]).type.shape, (Shape{rows, 50'257}));
  }
}

TEST(FuseHeadTest, EveryNodeComesAfterWhatItReads) {
  const LoweredModel fused = FuseHead(LoweredGpt(GptHead::kTied, 11), DataType::kFloat32).value();

  std::vector<bool> is_written(static_cast<std::size_t>(fused.graph.value_count()));
  for (int i = 0; i < fused.graph.value_count(); ++i)
    is_written[static_cast<std::size_t>(i)] =
        fused.graph.value(ValueId{i}).role != ValueRole::kTemporary;
  for (const Node& node : fused.graph.nodes()) {
    for (const ValueId id : node.inputs)
      EXPECT_TRUE(is_written[static_cast<std::size_t>(id.index)]) << node.op->name;
    for (const ValueId id : node.outputs) is_written[static_cast<std::size_t>(id.index)] = true;
  }
}

// A head in two parts adds up its gradient in another order: other bits.
TEST(FuseHeadTest, TheHeadIsFusedAlsoWhereActivationsAreComputedAgain) {
  for (const std::int64_t layers : {1, 2, 6}) {
    const Graph graph = Gpt(GptHead::kTied, 11, layers);
    const ParameterLayout layout = MakeParameterLayout(graph);
    const LoweredModel kept = Lower(graph, layout, PlanKind::kTrainWrite).value();
    LoweredModel again =
        CheckpointActivations(kept, graph.value_count(), layout, PlanKind::kTrainWrite);
    EXPECT_GT(again.graph.nodes().size(), kept.graph.nodes().size());

    const LoweredModel fused = FuseHead(std::move(again), DataType::kFloat32).value();

    EXPECT_EQ(CountOf(fused.graph, "linear_cross_entropy"), 1) << layers << " layers";
  }
}

TEST(FuseHeadTest, LogitsWithABiasStayAsTheyAre) {
  ModelSpec model;
  model.architecture = MlpSpec{.hidden_sizes = {8}};
  const Graph graph = BuildModel(model, {.feature_count = 5, .class_count = 3}, 4).value();
  const LoweredModel unfused =
      Lower(graph, MakeParameterLayout(graph), PlanKind::kTrainWrite).value();

  EXPECT_EQ(FuseHead(unfused, DataType::kFloat32).value().graph.ToString(),
            unfused.graph.ToString());
}

}  // namespace
}  // namespace descent
