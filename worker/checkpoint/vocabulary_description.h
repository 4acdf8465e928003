#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "common/result.h"
#include "worker/data/vocabulary.h"

namespace descent {

// The part of model.json that is about tokens: the name of the tokenizer, and of char its
// characters, of gpt2 its tokens and merges.
nlohmann::ordered_json EncodeVocabulary(const Vocabulary& vocabulary);

// Nothing where there is no tokenizer. kInvalidArgument: its tables are wrong. Throws what the JSON
// library throws where a field is absent or of another type.
Result<std::optional<Vocabulary>> DecodeVocabulary(const nlohmann::ordered_json& json);

}  // namespace descent
