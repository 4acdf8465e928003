#include "common/layers_spec.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "common/limits.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

constexpr std::size_t kLayersMax = 1024;
constexpr std::int64_t kFeaturesMax = std::int64_t{1} << 24;
constexpr std::int64_t kChannelsMax = std::int64_t{1} << 16;
constexpr std::int64_t kWindowMax = 1024;

constexpr LayerField kOutFeatures = {"out_features", &LayerSpec::out_features};
constexpr LayerField kBias = {"bias", &LayerSpec::bias};
constexpr LayerField kKernelSize = {"kernel_size", &LayerSpec::kernel_size};
constexpr LayerField kStride = {"stride", &LayerSpec::stride};
constexpr LayerField kPadding = {"padding", &LayerSpec::padding};
constexpr LayerField kEps = {"eps", &LayerSpec::eps};

constexpr std::array kLinearFields = {kOutFeatures, kBias};
constexpr std::array kConvFields = {LayerField{"out_channels", &LayerSpec::out_channels},
                                    kKernelSize,
                                    kStride,
                                    kPadding,
                                    LayerField{"dilation", &LayerSpec::dilation},
                                    LayerField{"groups", &LayerSpec::groups},
                                    kBias};
constexpr std::array kPoolFields = {kKernelSize, kStride, kPadding};
constexpr std::array kBatchNormFields = {kEps, LayerField{"momentum", &LayerSpec::momentum}};
constexpr std::array kLayerNormFields = {kEps};
constexpr std::array kDropoutFields = {LayerField{"p", &LayerSpec::p}};

struct KindRow {
  std::string_view name;
  std::span<const LayerField> fields;
};

// In the order of the enum.
constexpr std::array<KindRow, kLayerKindCount> kKinds = {{
    {"linear", kLinearFields},
    {"conv2d", kConvFields},
    {"max_pool2d", kPoolFields},
    {"avg_pool2d", kPoolFields},
    {"global_avg_pool", {}},
    {"batch_norm", kBatchNormFields},
    {"layer_norm", kLayerNormFields},
    {"relu", {}},
    {"gelu", {}},
    {"silu", {}},
    {"sigmoid", {}},
    {"tanh", {}},
    {"dropout", kDropoutFields},
    {"flatten", {}},
}};

const KindRow& RowOf(LayerKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool IsPool(LayerKind kind) {
  return kind == LayerKind::kMaxPool2d || kind == LayerKind::kAvgPool2d;
}

void CheckConv(const std::string& field, const LayerSpec& layer, SpecChecker& checker) {
  checker.RequireInRange(field + ".out_channels", layer.out_channels, 1, kChannelsMax);
  checker.RequireInRange(field + ".kernel_size", layer.kernel_size, 1, kWindowMax);
  checker.RequireInRange(field + ".stride", layer.stride, 1, kWindowMax);
  checker.RequireInRange(field + ".padding", layer.padding, 0, kWindowMax);
  checker.RequireInRange(field + ".dilation", layer.dilation, 1, kWindowMax);
  checker.RequireInRange(field + ".groups", layer.groups, 1, kChannelsMax);
  if (layer.groups < 1 || layer.out_channels < 1) return;
  checker.Require(layer.out_channels % layer.groups == 0, field + ".out_channels",
                  fmt::to_string(layer.out_channels),
                  fmt::format("a multiple of groups {}", layer.groups));
}

void CheckPool(const std::string& field, const LayerSpec& layer, SpecChecker& checker) {
  checker.RequireInRange(field + ".kernel_size", layer.kernel_size, 1, kWindowMax);
  checker.RequireInRange(field + ".stride", layer.stride, 0, kWindowMax);
  if (layer.kernel_size < 1) return;
  checker.Require(layer.padding >= 0 && layer.padding <= layer.kernel_size / 2, field + ".padding",
                  fmt::to_string(layer.padding),
                  fmt::format("from 0 to half of kernel_size {}", layer.kernel_size));
}

void CheckLayer(const std::string& field, const LayerSpec& layer, bool is_last,
                SpecChecker& checker) {
  if (layer.kind == LayerKind::kLinear && !(is_last && layer.out_features == 0))
    checker.RequireInRange(field + ".out_features", layer.out_features, 1, kFeaturesMax);
  if (layer.kind == LayerKind::kConv2d) CheckConv(field, layer, checker);
  if (IsPool(layer.kind)) CheckPool(field, layer, checker);
  if (layer.kind == LayerKind::kBatchNorm || layer.kind == LayerKind::kLayerNorm)
    checker.RequireNumber(layer.eps > 0, field + ".eps", layer.eps, "above 0 and finite");
  if (layer.kind == LayerKind::kBatchNorm)
    checker.RequireNumber(layer.momentum >= 0 && layer.momentum <= 1, field + ".momentum",
                          layer.momentum, "from 0 to 1");
  if (layer.kind == LayerKind::kDropout)
    checker.RequireNumber(layer.p >= 0 && layer.p < 1, field + ".p", layer.p,
                          "at least 0 and below 1");
}

}  // namespace

std::string_view NameOf(LayerKind kind) { return RowOf(kind).name; }

std::span<const LayerField> FieldsOf(LayerKind kind) { return RowOf(kind).fields; }

LayerSpec DefaultLayer(LayerKind kind) { return {.kind = kind, .stride = IsPool(kind) ? 0 : 1}; }

void CheckLayers(const LayersSpec& spec, SpecChecker& checker) {
  const std::size_t count = spec.layers.size();
  checker.Require(count >= 1 && count <= kLayersMax, "model.layers",
                  fmt::format("{} layers", count), fmt::format("1 to {}", kLayersMax));
  for (std::size_t i = 0; i < std::min(count, kLayersMax); ++i) {
    const LayerSpec& layer = spec.layers[i];
    const std::string field = fmt::format("model.layers[{}].{}", i, NameOf(layer.kind));
    CheckLayer(field, layer, i + 1 == count, checker);
  }
}

}  // namespace descent
