#include "worker/data/gpt2_split.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cstddef>
#include <memory>
#include <string>

#include "common/check.h"

namespace descent {
namespace {

// \s of the library has one character more than White_Space, U+180E.
constexpr std::string_view kPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+)"
    R"(|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+)";

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
using Pattern = std::unique_ptr<pcre2_code, FreeCode>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Pattern Compile() {
  int error = 0;
  std::size_t error_offset = 0;
  Pattern code(pcre2_compile(Bytes(kPattern), kPattern.size(), PCRE2_UTF | PCRE2_UCP, &error,
                             &error_offset, nullptr));
  DESCENT_CHECK(code != nullptr);
  // Where a system allows no code at run time, matching is interpreted.
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  return code;
}

}  // namespace

Status SplitLikeGpt2(std::string_view text, const std::function<void(std::string_view)>& take) {
  static const Pattern code = Compile();
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(
      pcre2_match_data_create_from_pattern(code.get(), nullptr));
  DESCENT_CHECK(match != nullptr);
  for (std::size_t start = 0; start < text.size();) {
    const int found = pcre2_match(code.get(), Bytes(text), text.size(), start,
                                  PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED, match.get(), nullptr);
    if (found < 0)
      return Status(Code::kInternal, "cutting the text at byte " + std::to_string(start) +
                                         " fails: PCRE2 error " + std::to_string(found));
    const std::size_t end = pcre2_get_ovector_pointer(match.get())[1];
    DESCENT_CHECK(end > start);
    take(text.substr(start, end - start));
    start = end;
  }
  return Status();
}

}  // namespace descent
