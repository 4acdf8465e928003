#pragma once

#include <nlohmann/json.hpp>

#include "common/gpt_spec.h"

namespace descent {

// A GPT as model_description.h writes it. What is as by default is left out. Decoding throws what
// the JSON library throws where a field is absent or of another type.
nlohmann::ordered_json EncodeGpt(const GptSpec& gpt);
GptSpec DecodeGpt(const nlohmann::ordered_json& json);

}  // namespace descent
