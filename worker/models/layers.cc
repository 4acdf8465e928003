#include "worker/models/layers.h"

#include <string>

#include "common/limits.h"
#include "worker/models/image_parts.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/ops/shape_rule.h"

namespace descent {
namespace {

// Appends one layer after the other.
class LayerBuilder {
 public:
  LayerBuilder(Graph& graph, const LayersExtent& extent) : graph_(graph), extent_(extent) {}

  Result<ValueId> Append(const LayerSpec& layer, const std::string& name, ValueId x) {
    switch (layer.kind) {
      case LayerKind::kLinear:
        return AppendLinear(graph_, name, LinearOf(layer), x);
      case LayerKind::kConv2d:
        return AppendConvolution(graph_, name, ConvolutionOf(layer, x), x);
      case LayerKind::kMaxPool2d:
        return MaxPool2d(graph_, x, WindowOf(layer));
      case LayerKind::kAvgPool2d:
        return AvgPool2d(graph_, x, WindowOf(layer));
      case LayerKind::kGlobalAvgPool:
        return GlobalAvgPool(graph_, x);
      case LayerKind::kBatchNorm:
        return AppendBatchNorm(graph_, name, {layer.eps, layer.momentum}, x);
      case LayerKind::kLayerNorm:
        return AppendLayerNorm(layer, name, x);
      case LayerKind::kDropout:
        return AppendDropout(layer, x);
      case LayerKind::kFlatten:
        return Flat(x);
      default:
        return AppendFunction(layer.kind, x);
    }
  }

 private:
  LinearPart LinearOf(const LayerSpec& layer) const {
    return {.outputs = layer.out_features > 0 ? layer.out_features : extent_.outputs,
            .has_bias = layer.bias,
            .initializer = extent_.initializer};
  }

  // `x` may have other axes than an image, which is refused later.
  ConvolutionPart ConvolutionOf(const LayerSpec& layer, ValueId x) const {
    const std::int64_t channels = graph_.value(x).type.shape[1] / layer.groups;
    const std::int64_t inputs = channels * layer.kernel_size * layer.kernel_size;
    return {.outputs = layer.out_channels,
            .kernel = layer.kernel_size,
            .options = {.stride = {layer.stride, layer.stride},
                        .padding = {layer.padding, layer.padding},
                        .dilation = {layer.dilation, layer.dilation},
                        .groups = layer.groups},
            .has_bias = layer.bias,
            .weight = WeightStart(extent_.initializer, inputs),
            .bias = BiasStart(extent_.initializer, inputs)};
  }

  static Window WindowOf(const LayerSpec& layer) {
    const std::int64_t stride = layer.stride > 0 ? layer.stride : layer.kernel_size;
    return {.kernel = {layer.kernel_size, layer.kernel_size},
            .stride = {stride, stride},
            .padding = {layer.padding, layer.padding}};
  }

  Result<ValueId> AppendLayerNorm(const LayerSpec& layer, const std::string& name, ValueId x) {
    DESCENT_RETURN_IF_ERROR(ExpectAxes(graph_.value(x).type, "x", 2));
    const Shape shape = {graph_.value(x).type.shape[1]};
    const ValueId gain = graph_.AddParameter(name + ".weight", shape, Initialization::Constant(1));
    const ValueId bias = graph_.AddParameter(name + ".bias", shape, Initialization::Constant(0));
    return LayerNorm(graph_, x, gain, bias, layer.eps);
  }

  // Drops elements of any shape; a sample is a row.
  Result<ValueId> AppendDropout(const LayerSpec& layer, ValueId x) {
    if (layer.p == 0) return x;
    const Shape shape = graph_.value(x).type.shape;
    DESCENT_ASSIGN(const ValueId rows, Flat(x));
    DESCENT_ASSIGN(const ValueId dropped,
                   Dropout(graph_, rows, {.probability = layer.p, .layer = dropout_count_++}));
    return shape.size() == 2 ? Result<ValueId>(dropped) : Reshape(graph_, dropped, shape);
  }

  Result<ValueId> Flat(ValueId x) {
    const Shape shape = graph_.value(x).type.shape;
    if (shape.size() == 2) return x;
    return Reshape(graph_, x, {shape[0], ElementCount(shape) / shape[0]});
  }

  Result<ValueId> AppendFunction(LayerKind kind, ValueId x) {
    switch (kind) {
      case LayerKind::kRelu:
        return Relu(graph_, x);
      case LayerKind::kGelu:
        return Gelu(graph_, x);
      case LayerKind::kSilu:
        return Silu(graph_, x);
      case LayerKind::kSigmoid:
        return Sigmoid(graph_, x);
      default:
        return Tanh(graph_, x);
    }
  }

  Graph& graph_;
  const LayersExtent& extent_;
  std::int64_t dropout_count_ = 0;
};

// Before anything multiplies the sizes.
Status CheckSize(const Shape& shape, std::int64_t rows, std::size_t layer) {
  if (HasAtMost(shape, limits::kSampleValuesMax * rows)) return Status();
  return Status(Code::kInvalidArgument, "layer " + std::to_string(layer) + " gives " +
                                            ToString(shape) + ", must be at most " +
                                            std::to_string(limits::kSampleValuesMax) +
                                            " values for each sample");
}

}  // namespace

Result<ValueId> AppendLayers(Graph& graph, const LayersSpec& spec, const LayersExtent& extent,
                             ValueId x) {
  LayerBuilder builder(graph, extent);
  const std::int64_t rows = graph.value(x).type.shape[0];
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    const Result<ValueId> appended = builder.Append(layer, "layers." + std::to_string(i), x);
    if (!appended.ok())
      return Status(appended.status().code(), "layer " + std::to_string(i) + ", a " +
                                                  std::string(NameOf(layer.kind)) + ": " +
                                                  appended.status().message());
    x = appended.value();
    DESCENT_RETURN_IF_ERROR(CheckSize(graph.value(x).type.shape, rows, i));
  }
  const Shape wanted = {rows, extent.outputs};
  if (graph.value(x).type.shape == wanted) return x;
  return Status(Code::kInvalidArgument, "the last layer gives " +
                                            ToString(graph.value(x).type.shape) + ", wanted " +
                                            ToString(wanted) + ", the outputs of every sample");
}

}  // namespace descent
