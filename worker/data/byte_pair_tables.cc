#include "worker/data/byte_pair_tables.h"

#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/limits.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

using Json = nlohmann::json;

// A value as it stands in the file. Of a list or an object the kind alone: the file may nest them
// deeper than the stack reaches.
std::string TextOf(const Json& value) {
  return value.is_structured() ? fmt::format("an {}", value.type_name()) : value.dump();
}

Status Problem(const std::string& problem) { return Status(Code::kInvalidArgument, problem); }

// Tokens in the order of their numbers.
Result<std::vector<std::string>> ParseTokens(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Problem("must be a JSON object from each token to its number");
  if (json.size() > limits::kVocabularySizeMax)
    return Problem(
        fmt::format("{} tokens, must be at most {}", json.size(), limits::kVocabularySizeMax));
  std::vector<std::string> tokens(json.size());
  std::vector<bool> is_taken(json.size());
  for (const auto& [token, number] : json.items()) {
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() >= tokens.size())
      return Problem(
          fmt::format("the number of {} is {}, must be from 0 to {}, as there are {} "
                      "tokens",
                      Quoted(token), TextOf(number), tokens.size() - 1, tokens.size()));
    const auto index = number.get<std::size_t>();
    if (is_taken[index])
      return Problem(fmt::format("{} and {} have the number {}, must each have one of its own",
                                 Quoted(tokens[index]), Quoted(token), index));
    is_taken[index] = true;
    tokens[index] = token;
  }
  return tokens;
}

std::vector<std::string> ParseMerges(std::string_view text) {
  std::vector<std::string> merges;
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (is_first && line.starts_with("#version"))) continue;
    merges.emplace_back(line);
  }
  return merges;
}

}  // namespace

Result<BytePairTables> ParseBytePairTables(std::string_view vocabulary_json,
                                           std::string_view merges_text) {
  DESCENT_ASSIGN(std::vector<std::string> tokens, ParseTokens(vocabulary_json));
  return BytePairTables{.tokens = std::move(tokens), .merges = ParseMerges(merges_text)};
}

}  // namespace descent
