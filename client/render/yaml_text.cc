#include "client/render/yaml_text.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <string>

namespace descent {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Strings are quoted, so that none of them reads as a number or a boolean.
void Emit(const OrderedJson& value, YAML::Emitter& emitter) {
  if (value.is_object()) {
    emitter << YAML::BeginMap;
    for (const auto& [key, member] : value.items()) {
      emitter << YAML::Key << key << YAML::Value;
      Emit(member, emitter);
    }
    emitter << YAML::EndMap;
  } else if (value.is_array()) {
    emitter << YAML::BeginSeq;
    for (const OrderedJson& element : value) Emit(element, emitter);
    emitter << YAML::EndSeq;
  } else if (value.is_string()) {
    emitter << YAML::DoubleQuoted << value.get<std::string>();
  } else if (value.is_boolean()) {
    emitter << value.get<bool>();
  } else if (value.is_null()) {
    emitter << YAML::Null;
  } else {
    emitter << value.dump();
  }
}

}  // namespace

std::string YamlText(const std::string& json) {
  const OrderedJson document = OrderedJson::parse(json, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return json;
  YAML::Emitter emitter;
  Emit(document, emitter);
  return "---\n" + std::string(emitter.c_str()) + "\n";
}

}  // namespace descent
