#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace descent {

class SpecChecker;

// The layers of a sequential model, by the names that they have in the job file (NameOf).
enum class LayerKind {
  kLinear,
  kConv2d,
  kMaxPool2d,
  kAvgPool2d,
  kGlobalAvgPool,
  kBatchNorm,
  kLayerNorm,
  kRelu,
  kGelu,
  kSilu,
  kSigmoid,
  kTanh,
  kDropout,
  kFlatten,
};
inline constexpr int kLayerKindCount = 14;

// One layer. Which of the numbers a kind has, FieldsOf says; defaults and meanings are those of the
// module of PyTorch of that name. Windows are square.
struct LayerSpec {
  LayerKind kind = LayerKind::kFlatten;
  std::int64_t out_features = 0;  // 0, in the last layer alone: as many as the loss wants
  std::int64_t out_channels = 0;
  std::int64_t kernel_size = 0;
  std::int64_t stride = 1;  // of a pool 0: kernel_size
  std::int64_t padding = 0;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  double eps = 1e-5;
  double momentum = 0.1;
  double p = 0.5;  // probability of zero

  bool operator==(const LayerSpec&) const = default;
};

// A sequential model: each layer takes what the one before it gives.
struct LayersSpec {
  std::vector<LayerSpec> layers;

  bool operator==(const LayersSpec&) const = default;
};

struct LayerField {
  std::string_view name;  // of the member, as in the job file
  std::variant<std::int64_t LayerSpec::*, double LayerSpec::*, bool LayerSpec::*> member;
};

std::string_view NameOf(LayerKind kind);               // "max_pool2d"
std::span<const LayerField> FieldsOf(LayerKind kind);  // what a layer of that kind says
LayerSpec DefaultLayer(LayerKind kind);                // with nothing said

// The part of ValidateJobSpec that is about model.layers.
void CheckLayers(const LayersSpec& spec, SpecChecker& checker);

}  // namespace descent
