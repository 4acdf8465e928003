#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/export/onnx_builder.h"
#include "worker/graph/graph.h"

namespace descent {

// A node of a model for one sample that is to become ONNX.
struct OnnxStep {
  const Graph& graph;
  const Node& node;
  std::vector<std::string> inputs;  // what ONNX calls the operands
  std::string output;               // and is to call output 0
  Shape output_shape;               // of output 0, with kOnnxBatch where the batch is

  const Shape& shape(std::size_t input) const { return graph.value(node.inputs[input]).type.shape; }
};

// How an op is said in ONNX.
struct OnnxRule {
  std::string_view op;
  void (*append)(OnnxBuilder& builder, const OnnxStep& step);
};

// Of the ops that models consist of in evaluation.
std::span<const OnnxRule> OnnxLayerRules();
std::span<const OnnxRule> OnnxTransformerRules();

}  // namespace descent
