#include "worker/models/model.h"

#include <string>
#include <variant>

#include "common/limits.h"
#include "worker/models/gpt.h"
#include "worker/models/initializer.h"
#include "worker/models/layers.h"
#include "worker/models/loss.h"
#include "worker/models/mlp.h"
#include "worker/models/resnet.h"
#include "worker/ops/movement_ops.h"

namespace descent {
namespace {

// What a model is to turn into what.
struct Extent {
  const SampleFormat& format;
  std::int64_t batch_rows;
  std::int64_t outputs;  // for each label, or for the targets of a sample
  Initializer initializer;
};

// From features or tokens to the logits of every label.
Result<ValueId> AppendLogits(Graph& graph, const MlpSpec& spec, const Extent& extent,
                             ModelPorts& ports) {
  const SampleFormat& format = extent.format;
  if (format.feature_count < 1)
    return Status(Code::kInvalidArgument, "an mlp learns from features, found tokens");
  ports.input =
      graph.AddInput("features", {DataType::kFloat32, {extent.batch_rows, format.feature_count}});
  return AppendMlp(graph, spec, {extent.outputs, extent.initializer}, ports.input);
}

Result<ValueId> AppendLogits(Graph& graph, const GptSpec& spec, const Extent& extent,
                             ModelPorts& ports) {
  const SampleFormat& format = extent.format;
  if (format.token_count != spec.context_length)
    return Status(Code::kInvalidArgument,
                  "a gpt of context_length " + std::to_string(spec.context_length) +
                      " learns from as many tokens, found " + std::to_string(format.token_count));
  ports.input =
      graph.AddInput("tokens", {DataType::kInt32, {extent.batch_rows * format.token_count}});
  return AppendGpt(graph, spec, {extent.outputs, extent.initializer}, ports.input);
}

Result<ValueId> AppendLogits(Graph& graph, const LinearRegressionSpec&, const Extent& extent,
                             ModelPorts& ports) {
  return AppendLogits(graph, MlpSpec{}, extent, ports);
}

Result<ValueId> AppendLogits(Graph& graph, const LogisticRegressionSpec&, const Extent& extent,
                             ModelPorts& ports) {
  return AppendLogits(graph, MlpSpec{}, extent, ports);
}

// The input port's features as the planes of an image.
Result<ValueId> AddImages(Graph& graph, const char* model, const Extent& extent,
                          ModelPorts& ports) {
  const SampleFormat& format = extent.format;
  if (!format.image)
    return Status(Code::kInvalidArgument,
                  std::string(model) + " learns from images, found " +
                      (format.feature_count > 0
                           ? std::to_string(format.feature_count) + " features of no known shape"
                           : "tokens"));
  const auto& [channels, height, width] = *format.image;
  ports.input =
      graph.AddInput("features", {DataType::kFloat32, {extent.batch_rows, format.feature_count}});
  return Reshape(graph, ports.input, {extent.batch_rows, channels, height, width});
}

// Layers learn from images, or from the features of a sample that has no other shape.
Result<ValueId> AppendLogits(Graph& graph, const LayersSpec& spec, const Extent& extent,
                             ModelPorts& ports) {
  const SampleFormat& format = extent.format;
  const LayersExtent outputs = {extent.outputs, extent.initializer};
  if (format.image || format.feature_count < 1) {
    DESCENT_ASSIGN(const ValueId images, AddImages(graph, "a model of layers", extent, ports));
    return AppendLayers(graph, spec, outputs, images);
  }
  ports.input =
      graph.AddInput("features", {DataType::kFloat32, {extent.batch_rows, format.feature_count}});
  return AppendLayers(graph, spec, outputs, ports.input);
}

Result<ValueId> AppendLogits(Graph& graph, const ConvnetSpec& spec, const Extent& extent,
                             ModelPorts& ports) {
  DESCENT_ASSIGN(const ValueId images, AddImages(graph, "a convnet", extent, ports));
  return AppendLayers(graph, LayersOf(spec), {extent.outputs, extent.initializer}, images);
}

Result<ValueId> AppendLogits(Graph& graph, const ResnetSpec& spec, const Extent& extent,
                             ModelPorts& ports) {
  DESCENT_ASSIGN(const ValueId images, AddImages(graph, "a resnet", extent, ports));
  return AppendResnet(graph, spec, {extent.outputs, extent.initializer}, images);
}

// Before anything is planned, which takes memory in proportion.
Status CheckParameterCount(const Graph& graph) {
  std::int64_t count = 0;
  for (const ValueId id : graph.parameters()) {
    const Shape& shape = graph.value(id).type.shape;
    const std::int64_t left = limits::kParametersMax - count;
    if (!HasAtMost(shape, left))
      return Status(Code::kInvalidArgument, "the model has more than " +
                                                std::to_string(limits::kParametersMax) +
                                                " parameters, which is the most");
    count += ElementCount(shape);
  }
  return Status();
}

}  // namespace

Result<Graph> BuildModel(const ModelSpec& spec, const SampleFormat& format,
                         std::int64_t batch_rows) {
  DESCENT_CHECK(batch_rows >= 1);
  DESCENT_ASSIGN(const std::int64_t outputs, OutputCount(spec, format));
  Graph graph;
  ModelPorts ports;
  const auto append = [&](const auto& architecture) {
    return AppendLogits(graph, architecture, {format, batch_rows, outputs, InitializerOf(spec)},
                        ports);
  };
  DESCENT_ASSIGN(ports.logits, std::visit(append, spec.architecture));
  DESCENT_RETURN_IF_ERROR(AppendLoss(graph, spec, format, batch_rows, ports));
  graph.set_ports(ports);
  DESCENT_RETURN_IF_ERROR(CheckParameterCount(graph));
  return graph;
}

}  // namespace descent
