#include "worker/data/word_codes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/limits.h"

namespace descent {
namespace {

std::optional<std::int64_t> IntegerOf(const std::string& word) {
  std::int64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Integers that are equal, such as 1 and 01, stay in the order of their bytes.
void OrderWords(std::vector<std::string>& words) {
  const auto is_integer = [](const std::string& word) { return IntegerOf(word).has_value(); };
  std::ranges::sort(words);
  if (std::ranges::all_of(words, is_integer))
    std::ranges::stable_sort(words, {}, [](const std::string& word) { return *IntegerOf(word); });
}

}  // namespace

WordCodes::WordCodes(const std::vector<std::string>& words) : is_fixed_(true) {
  for (const std::string& word : words)
    codes_.emplace(word, static_cast<std::int32_t>(codes_.size()));
}

std::optional<std::int32_t> WordCodes::CodeOf(std::string_view word) {
  const auto known = codes_.find(word);
  if (known != codes_.end()) return known->second;
  if (is_fixed_ || codes_.size() >= limits::kCategoriesMax) return std::nullopt;
  const auto code = static_cast<std::int32_t>(codes_.size());
  codes_.emplace(std::string(word), code);
  return code;
}

std::vector<std::int32_t> WordCodes::Order() {
  std::vector<std::string> words = Words();
  if (!is_fixed_) OrderWords(words);
  std::vector<std::int32_t> new_codes(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::int32_t& code = codes_.find(words[i])->second;
    new_codes[static_cast<std::size_t>(code)] = static_cast<std::int32_t>(i);
    code = static_cast<std::int32_t>(i);
  }
  return new_codes;
}

std::vector<std::string> WordCodes::Words() const {
  std::vector<std::string> words(codes_.size());
  for (const auto& [word, code] : codes_) words[static_cast<std::size_t>(code)] = word;
  return words;
}

}  // namespace descent
