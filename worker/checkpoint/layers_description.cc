#include "worker/checkpoint/layers_description.h"

#include <string>
#include <variant>

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Json EncodeLayers(const LayersSpec& spec) {
  Json layers = Json::array();
  for (const LayerSpec& layer : spec.layers) {
    Json fields = Json::object();
    for (const auto& [name, member] : FieldsOf(layer.kind)) {
      Json& field = fields[std::string(name)];
      std::visit([&](auto pointer) { field = layer.*pointer; }, member);
    }
    layers.push_back({{std::string(NameOf(layer.kind)), std::move(fields)}});
  }
  return layers;
}

// What is of no known kind is left out, which shows when the description is encoded again.
LayersSpec DecodeLayers(const Json& json) {
  LayersSpec spec;
  for (const Json& item : json) {
    for (int i = 0; i < kLayerKindCount; ++i) {
      LayerSpec layer = DefaultLayer(static_cast<LayerKind>(i));
      const std::string kind(NameOf(layer.kind));
      if (!item.contains(kind)) continue;
      for (const auto& [name, member] : FieldsOf(layer.kind)) {
        const Json& value = item.at(kind).at(std::string(name));
        std::visit([&](auto pointer) { value.get_to(layer.*pointer); }, member);
      }
      spec.layers.push_back(layer);
    }
  }
  return spec;
}

Json EncodeResnet(const ResnetSpec& resnet) {
  return {{"depth", resnet.depth},
          {"stem", kResnetStemNames[static_cast<std::size_t>(resnet.stem)]},
          {"width", resnet.width}};
}

ResnetSpec DecodeResnet(const Json& json) {
  ResnetSpec resnet;
  json.at("depth").get_to(resnet.depth);
  json.at("width").get_to(resnet.width);
  if (json.at("stem") == kResnetStemNames[1]) resnet.stem = ResnetStem::kImagenet;
  return resnet;
}

}  // namespace descent
