#include "common/job_spec_vocabulary.h"

#include <spdlog/fmt/fmt.h>

#include <string>

#include "common/limits.h"

namespace descent {
namespace {

constexpr std::int64_t kByteTokens = 256;

void RequireAbsent(bool is_absent, const std::string& field, std::string_view wanted,
                   SpecChecker& checker) {
  checker.Require(is_absent, field, "given", wanted);
}

void RequireFile(const std::string& path, const std::string& field, std::string_view wanted,
                 SpecChecker& checker) {
  checker.Require(!path.empty() && path.find('\0') == std::string::npos, field, Quoted(path),
                  wanted);
}

void CheckByte(const VocabularySpec& vocabulary, SpecChecker& checker) {
  RequireAbsent(vocabulary.vocab.empty(), "data.vocab", "absent for tokenizer: byte", checker);
  checker.Require(vocabulary.size == 0 || vocabulary.size >= kByteTokens, "data.vocabulary_size",
                  fmt::to_string(vocabulary.size), "at least 256 for tokenizer: byte");
}

// The characters of a text are those of its training files, unless a file says them.
void CheckChar(const DataSpec& data, SpecChecker& checker) {
  if (data.train.format == DataFormat::kTokens)
    RequireFile(data.vocabulary.vocab, "data.vocab",
                "a text with the characters that the tokens stand for", checker);
}

void CheckGpt2(const VocabularySpec& vocabulary, SpecChecker& checker) {
  RequireFile(vocabulary.vocab, "data.vocab", "the path of vocab.json for tokenizer: gpt2",
              checker);
  RequireFile(vocabulary.merges, "data.merges", "the path of merges.txt for tokenizer: gpt2",
              checker);
}

void CheckNoTokenizer(const VocabularySpec& vocabulary, SpecChecker& checker) {
  RequireAbsent(vocabulary.vocab.empty(), "data.vocab", "absent without data.tokenizer", checker);
  checker.Require(vocabulary.size != 0, "data.vocabulary_size", "absent",
                  "given, or data.tokenizer, to say below what the tokens are");
}

void CheckNoTokens(const DataSpec& data, SpecChecker& checker) {
  const char* const wanted = "absent, as it is of text and tokens";
  RequireAbsent(!data.tokenizer, "data.tokenizer", wanted, checker);
  RequireAbsent(data.vocabulary.vocab.empty(), "data.vocab", wanted, checker);
  RequireAbsent(data.vocabulary.merges.empty(), "data.merges", wanted, checker);
  RequireAbsent(data.vocabulary.size == 0, "data.vocabulary_size", wanted, checker);
}

void CheckTokens(const DataSpec& data, SpecChecker& checker) {
  const VocabularySpec& vocabulary = data.vocabulary;
  checker.RequireInRange("data.vocabulary_size", vocabulary.size, 0, limits::kVocabularySizeMax);
  if (data.tokenizer != Tokenizer::kGpt2)
    RequireAbsent(vocabulary.merges.empty(), "data.merges", "absent unless tokenizer is gpt2",
                  checker);
  if (!data.tokenizer) return CheckNoTokenizer(vocabulary, checker);
  switch (*data.tokenizer) {
    case Tokenizer::kByte:
      return CheckByte(vocabulary, checker);
    case Tokenizer::kChar:
      return CheckChar(data, checker);
    case Tokenizer::kGpt2:
      return CheckGpt2(vocabulary, checker);
  }
}

}  // namespace

void SetVocabularyDefaults(DataSpec& data) {
  if (data.train.format == DataFormat::kText && !data.tokenizer) data.tokenizer = Tokenizer::kByte;
}

void CheckVocabulary(const DataSpec& data, SpecChecker& checker) {
  const bool is_tokens = data.train.format == DataFormat::kTokens;
  if (!is_tokens)
    RequireAbsent(!data.vocabulary.dtype, "data.dtype", "absent, as it is of format: tokens",
                  checker);
  if (is_tokens || data.train.format == DataFormat::kText) {
    CheckTokens(data, checker);
  } else {
    CheckNoTokens(data, checker);
  }
}

}  // namespace descent
