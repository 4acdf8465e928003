#include "worker/checkpoint/gpt_description.h"

#include <algorithm>

namespace descent {
namespace {

using Json = nlohmann::ordered_json;

template <typename Enum, std::size_t count>
void Put(Json& json, const char* field, Enum value,
         const std::array<std::string_view, count>& names) {
  if (value != Enum{}) json[field] = names[static_cast<std::size_t>(value)];
}

// An unknown name is the first one, which shows when the description is encoded again.
template <typename Enum, std::size_t count>
void Get(const Json& json, const char* field, Enum& value,
         const std::array<std::string_view, count>& names) {
  if (!json.contains(field)) return;
  const auto found = std::ranges::find(names, json.at(field).get<std::string>());
  if (found != names.end()) value = static_cast<Enum>(found - names.begin());
}

}  // namespace

Json EncodeGpt(const GptSpec& gpt) {
  Json json = {{"layers", gpt.layers},
               {"heads", gpt.heads},
               {"embedding_size", gpt.embedding_size},
               {"context_length", gpt.context_length},
               {"dropout", gpt.dropout}};
  if (gpt.feed_forward_size != 0) json["feed_forward_size"] = gpt.feed_forward_size;
  Put(json, "positions", gpt.positions, kGptPositionsNames);
  Put(json, "activation", gpt.activation, kGptActivationNames);
  Put(json, "norm", gpt.norm, kGptNormNames);
  Put(json, "head", gpt.head, kGptHeadNames);
  Put(json, "biases", gpt.biases, kGptBiasesNames);
  return json;
}

GptSpec DecodeGpt(const Json& json) {
  GptSpec gpt;
  json.at("layers").get_to(gpt.layers);
  json.at("heads").get_to(gpt.heads);
  json.at("embedding_size").get_to(gpt.embedding_size);
  json.at("context_length").get_to(gpt.context_length);
  json.at("dropout").get_to(gpt.dropout);
  gpt.feed_forward_size = json.value("feed_forward_size", std::int64_t{0});
  Get(json, "positions", gpt.positions, kGptPositionsNames);
  Get(json, "activation", gpt.activation, kGptActivationNames);
  Get(json, "norm", gpt.norm, kGptNormNames);
  Get(json, "head", gpt.head, kGptHeadNames);
  Get(json, "biases", gpt.biases, kGptBiasesNames);
  return gpt;
}

}  // namespace descent
