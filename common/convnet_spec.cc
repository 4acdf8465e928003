#include "common/convnet_spec.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>

#include "common/spec_checker.h"

namespace descent {
namespace {

constexpr std::size_t kLayersMax = 100;
constexpr std::int64_t kChannelsMax = std::int64_t{1} << 16;
constexpr std::int64_t kHiddenSizeMax = std::int64_t{1} << 24;
constexpr std::int64_t kWindowMax = 1023;

LayerSpec Linear(std::int64_t out_features) {
  LayerSpec layer = DefaultLayer(LayerKind::kLinear);
  layer.out_features = out_features;
  return layer;
}

LayerSpec Convolution(const ConvnetLayer& from, bool bias) {
  LayerSpec layer = DefaultLayer(LayerKind::kConv2d);
  layer.out_channels = from.channels;
  layer.kernel_size = from.kernel_size;
  layer.stride = from.stride;
  layer.padding = from.kernel_size / 2;
  layer.bias = bias;
  return layer;
}

LayerSpec Pool(std::int64_t size) {
  LayerSpec layer = DefaultLayer(LayerKind::kMaxPool2d);
  layer.kernel_size = size;
  return layer;
}

LayerSpec Dropout(double p) {
  LayerSpec layer = DefaultLayer(LayerKind::kDropout);
  layer.p = p;
  return layer;
}

}  // namespace

LayersSpec LayersOf(const ConvnetSpec& convnet) {
  const LayerSpec activation =
      DefaultLayer(convnet.activation == Activation::kRelu ? LayerKind::kRelu : LayerKind::kGelu);
  LayersSpec spec;
  for (const ConvnetLayer& layer : convnet.layers) {
    spec.layers.push_back(Convolution(layer, /*bias=*/!convnet.batch_norm));
    if (convnet.batch_norm) spec.layers.push_back(DefaultLayer(LayerKind::kBatchNorm));
    spec.layers.push_back(activation);
    if (layer.pool > 0) spec.layers.push_back(Pool(layer.pool));
  }
  spec.layers.push_back(DefaultLayer(LayerKind::kFlatten));
  for (const std::int64_t size : convnet.hidden_sizes) {
    spec.layers.push_back(Linear(size));
    spec.layers.push_back(activation);
    if (convnet.dropout > 0) spec.layers.push_back(Dropout(convnet.dropout));
  }
  spec.layers.push_back(DefaultLayer(LayerKind::kLinear));
  return spec;
}

void CheckConvnet(const ConvnetSpec& convnet, SpecChecker& checker) {
  const std::size_t count = convnet.layers.size();
  checker.Require(count >= 1 && count <= kLayersMax, "model.convnet.layers",
                  fmt::format("{} layers", count), fmt::format("1 to {}", kLayersMax));
  for (std::size_t i = 0; i < std::min(count, kLayersMax); ++i) {
    const ConvnetLayer& layer = convnet.layers[i];
    const std::string field = fmt::format("model.convnet.layers[{}]", i);
    checker.RequireInRange(field + ".channels", layer.channels, 1, kChannelsMax);
    checker.RequireInRange(field + ".stride", layer.stride, 1, kWindowMax);
    checker.RequireInRange(field + ".pool", layer.pool, 0, kWindowMax);
    const bool is_size = layer.kernel_size >= 1 && layer.kernel_size <= kWindowMax;
    checker.Require(is_size && layer.kernel_size % 2 == 1, field + ".kernel_size",
                    fmt::to_string(layer.kernel_size),
                    fmt::format("odd, from 1 to {}", kWindowMax));
  }
  checker.Require(convnet.hidden_sizes.size() <= kLayersMax, "model.convnet.hidden_sizes",
                  fmt::format("{} layers", convnet.hidden_sizes.size()),
                  fmt::format("at most {}", kLayersMax));
  for (std::size_t i = 0; i < std::min(convnet.hidden_sizes.size(), kLayersMax); ++i)
    checker.RequireInRange(fmt::format("model.convnet.hidden_sizes[{}]", i),
                           convnet.hidden_sizes[i], 1, kHiddenSizeMax);
  checker.RequireNumber(convnet.dropout >= 0 && convnet.dropout < 1, "model.convnet.dropout",
                        convnet.dropout, "at least 0 and below 1");
}

}  // namespace descent
