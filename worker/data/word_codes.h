#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace descent {

// The words of a categorical column, or of a label, and the number of each. One thread.
class WordCodes {
 public:
  WordCodes() = default;                                      // learns words as they come
  explicit WordCodes(const std::vector<std::string>& words);  // knows these, in this order

  // Nothing for a word that is not known, or is one too many to be learned
  // (limits::kCategoriesMax).
  std::optional<std::int32_t> CodeOf(std::string_view word);

  // Orders learned words: by value if all are integers, else by their bytes. Returns the new code
  // of each old one. Known words keep theirs.
  std::vector<std::int32_t> Order();

  bool is_fixed() const { return is_fixed_; }
  std::vector<std::string> Words() const;  // by code

 private:
  bool is_fixed_ = false;
  std::map<std::string, std::int32_t, std::less<>> codes_;
};

}  // namespace descent
