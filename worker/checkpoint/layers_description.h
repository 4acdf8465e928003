#pragma once

#include <nlohmann/json.hpp>

#include "common/layers_spec.h"
#include "common/resnet_spec.h"

namespace descent {

// Layers and a ResNet as model_description.h writes them. Decoding throws what the JSON library
// throws where a field is absent or of another type.
nlohmann::ordered_json EncodeLayers(const LayersSpec& spec);  // a list of {"relu": {}}
LayersSpec DecodeLayers(const nlohmann::ordered_json& json);

nlohmann::ordered_json EncodeResnet(const ResnetSpec& resnet);
ResnetSpec DecodeResnet(const nlohmann::ordered_json& json);

}  // namespace descent
