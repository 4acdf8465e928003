#include <algorithm>
#include <optional>
#include <utility>

#include "worker/graph/rewrite.h"
#include "worker/ops/loss_ops.h"
#include "worker/ops/ops.h"
#include "worker/plan/program.h"

namespace descent {
namespace {

// Logits of a chunk: few enough that memory stays small beside a large model's activations. Rows:
// so many that writing the gradient of the weight once a chunk costs little beside computing it.
constexpr std::int64_t kChunkBytes = std::int64_t{1} << 26;
constexpr std::int64_t kChunkRowsMin = 256;

bool Runs(const Node* node, const OpDef& op) { return node != nullptr && node->op == &op; }

const Node* ProducerOf(const Graph& graph, ValueId id) {
  for (const Node& node : graph.nodes()) {
    if (std::ranges::find(node.outputs, id) != node.outputs.end()) return &node;
  }
  return nullptr;
}

std::vector<const Node*> ReadersOf(const Graph& graph, ValueId id) {
  std::vector<const Node*> readers;
  for (const Node& node : graph.nodes()) {
    if (std::ranges::find(node.inputs, id) != node.inputs.end()) readers.push_back(&node);
  }
  return readers;
}

const Node* Find(const std::vector<const Node*>& nodes, const OpDef& op) {
  const auto found = std::ranges::find_if(nodes, [&](const Node* node) { return Runs(node, op); });
  return found == nodes.end() ? nullptr : *found;
}

bool IsProduct(const Node* node, std::vector<ValueId> inputs, bool transposes_a,
               bool transposes_b) {
  return Runs(node, MatMulOp()) && node->inputs == inputs &&
         node->attributes.Flag("transpose_a") == transposes_a &&
         node->attributes.Flag("transpose_b") == transposes_b;
}

// The nodes of a head and its cross-entropy, forward and backward.
struct Head {
  const Node *logits, *loss, *correct, *loss_gradient, *weight_gradient, *input_gradient;

  std::vector<const Node*> nodes() const {
    return {logits, loss, correct, loss_gradient, weight_gradient, input_gradient};
  }
};

bool DependsOn(const Graph& graph, ValueId value, ValueId other) {
  const Graph needed = RemoveDeadNodes(graph, std::vector{value});
  return ProducerOf(needed, other) != nullptr;
}

// The head around a gradient of cross-entropy; none where its values go elsewhere too.
std::optional<Head> HeadAround(const Graph& graph, const Node& loss_gradient) {
  const ValueId logits = loss_gradient.inputs[0];
  const ValueId labels = loss_gradient.inputs[1];
  const Node* product = ProducerOf(graph, logits);
  if (product == nullptr || product->inputs.size() != 2) return std::nullopt;
  const ValueId x = product->inputs[0], weight = product->inputs[1];
  const std::vector<const Node*> readers = ReadersOf(graph, logits);
  const std::vector<const Node*> products = ReadersOf(graph, loss_gradient.outputs[0]);
  if (readers.size() != 3 || products.size() != 2) return std::nullopt;
  const Head head = {product,
                     Find(readers, SoftmaxCrossEntropyOp()),
                     Find(readers, TopOneCorrectOp()),
                     &loss_gradient,
                     products[0],
                     products[1]};
  if (head.loss == nullptr || head.correct == nullptr) return std::nullopt;
  if (head.loss->inputs[1] != labels || head.correct->inputs[1] != labels) return std::nullopt;
  const ValueId slopes = loss_gradient.outputs[0];
  const bool is_head = IsProduct(head.logits, {x, weight}, false, true) &&
                       IsProduct(head.weight_gradient, {slopes, x}, true, false) &&
                       IsProduct(head.input_gradient, {slopes, weight}, false, false);
  const bool is_closed = ReadersOf(graph, head.loss->outputs[1]).size() == 1 &&
                         !DependsOn(graph, loss_gradient.inputs[3], logits);
  return is_head && is_closed ? std::optional(head) : std::nullopt;
}

std::optional<Head> FindHead(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (!Runs(&node, SoftmaxCrossEntropyGradientOp())) continue;
    if (std::optional<Head> head = HeadAround(graph, node)) return head;
  }
  return std::nullopt;
}

std::int64_t ChunkRows(const Shape& logits, DataType stored) {
  const std::int64_t row_bytes = logits[1] * ElementBytes(stored);
  const std::int64_t rows = kChunkBytes / row_bytes / kChunkRowsMin * kChunkRowsMin;
  return std::min(logits[0], std::max(rows, kChunkRowsMin));
}

// Nodes that come after all they read, otherwise in the order given.
std::vector<Node> InOrder(const Graph& graph) {
  std::vector<Node> ordered;
  std::vector<bool> is_done(graph.nodes().size());
  const auto append = [&](const auto& self, std::size_t i) -> void {
    if (is_done[i]) return;
    is_done[i] = true;
    for (const ValueId id : graph.nodes()[i].inputs) {
      const Node* producer = ProducerOf(graph, id);
      if (producer != nullptr) self(self, static_cast<std::size_t>(producer - &graph.nodes()[0]));
    }
    ordered.push_back(graph.nodes()[i]);
  };
  for (std::size_t i = 0; i < is_done.size(); ++i) append(append, i);
  return ordered;
}

// One node in place of the head's, with their outputs.
Result<Node> FusedNode(Graph& graph, const Head& head, DataType stored) {
  const Attributes attributes = {
      {"smoothing", head.loss->attributes.Real("smoothing")},
      {"chunk_rows", ChunkRows(graph.value(head.logits->outputs[0]).type.shape, stored)}};
  DESCENT_ASSIGN(const std::vector<ValueId> outputs,
                 graph.AddNode(LinearCrossEntropyOp(),
                               {head.logits->inputs[0], head.logits->inputs[1],
                                head.loss->inputs[1], head.loss_gradient->inputs[3]},
                               attributes));
  Node node = graph.nodes().back();
  node.outputs = {head.weight_gradient->outputs[0], head.input_gradient->outputs[0],
                  head.loss->outputs[0], head.correct->outputs[0], outputs[4]};
  return node;
}

}  // namespace

Result<LoweredModel> FuseHead(LoweredModel model, DataType stored) {
  const Graph unfused = model.graph;
  const std::optional<Head> head = FindHead(unfused);
  if (!head) return model;
  DESCENT_ASSIGN(const Node fused, FusedNode(model.graph, *head, stored));
  const std::vector<const Node*> replaced = head->nodes();
  std::vector<Node> nodes;
  for (const Node& node : unfused.nodes()) {
    if (&node == head->logits) nodes.push_back(fused);
    if (std::ranges::find(replaced, &node) == replaced.end()) nodes.push_back(node);
  }
  model.graph = model.graph.WithNodes(std::move(nodes));
  model.graph = model.graph.WithNodes(InOrder(model.graph));
  return model;
}

}  // namespace descent
