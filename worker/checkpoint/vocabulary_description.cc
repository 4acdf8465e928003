#include "worker/checkpoint/vocabulary_description.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace descent {

using Json = nlohmann::ordered_json;

Json EncodeVocabulary(const Vocabulary& vocabulary) {
  switch (vocabulary.tokenizer()) {
    case Tokenizer::kByte:
      break;
    case Tokenizer::kChar:
      return {{"tokenizer", "char"}, {"characters", vocabulary.characters()}};
    case Tokenizer::kGpt2:
      return {{"tokenizer", "gpt2"},
              {"vocabulary", vocabulary.byte_pair_tables()->tokens},
              {"merges", vocabulary.byte_pair_tables()->merges}};
  }
  return {{"tokenizer", "byte"}};
}

Result<std::optional<Vocabulary>> DecodeVocabulary(const Json& json) {
  if (!json.contains("tokenizer")) return std::optional<Vocabulary>();
  const Json& tokenizer = json.at("tokenizer");
  if (tokenizer == "byte") return std::optional(Vocabulary::Bytes());
  if (tokenizer == "gpt2") {
    BytePairTables tables;
    json.at("vocabulary").get_to(tables.tokens);
    json.at("merges").get_to(tables.merges);
    DESCENT_ASSIGN(BytePairEncoding encoding, BytePairEncoding::Create(std::move(tables)));
    return std::optional(Vocabulary(std::move(encoding)));
  }
  DESCENT_ASSIGN(Vocabulary vocabulary,
                 Vocabulary::FromCharacters(json.at("characters").get<std::string>()));
  return std::optional(std::move(vocabulary));
}

}  // namespace descent
