#include "worker/data/load_vocabulary.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/file.h"
#include "common/limits.h"

namespace descent {
namespace {

// Every line of a message gets the path of the file that it is about.
Status ProblemOf(const std::string& path, std::string_view message) {
  std::string lines;
  while (!message.empty()) {
    const std::string_view line = message.substr(0, message.find('\n'));
    lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", path, line);
    message.remove_prefix(std::min(line.size() + 1, message.size()));
  }
  return Status(Code::kInvalidArgument, lines);
}

Result<std::optional<Vocabulary>> LoadCharacters(const std::string& path) {
  if (path.empty()) return std::optional<Vocabulary>();
  const Result<std::string> text = ReadFile(path, limits::kVocabularyBytesMax);
  if (!text.ok()) return Status(Code::kInvalidArgument, text.status().message());
  const std::string problem = FindInvalidUtf8(text.value());
  if (!problem.empty()) return ProblemOf(path, problem);
  Result<Vocabulary> vocabulary = Vocabulary::CharactersOf({text.value()});
  if (!vocabulary.ok()) return ProblemOf(path, vocabulary.status().message());
  return std::optional(std::move(vocabulary).value());
}

Result<std::optional<Vocabulary>> LoadGpt2(const VocabularySpec& spec) {
  const Result<std::string> vocab = ReadFile(spec.vocab, limits::kVocabularyBytesMax);
  const Result<std::string> merges = ReadFile(spec.merges, limits::kVocabularyBytesMax);
  std::string problems;
  for (const auto* file : {&vocab, &merges})
    if (!file->ok()) problems += (problems.empty() ? "" : "\n") + file->status().message();
  if (!problems.empty()) return Status(Code::kInvalidArgument, problems);
  Result<BytePairTables> tables = ParseBytePairTables(vocab.value(), merges.value());
  if (!tables.ok()) return ProblemOf(spec.vocab, tables.status().message());
  Result<BytePairEncoding> encoding = BytePairEncoding::Create(std::move(tables).value());
  if (!encoding.ok())
    return ProblemOf(spec.vocab + " with " + spec.merges, encoding.status().message());
  return std::optional(Vocabulary(std::move(encoding).value()));
}

}  // namespace

Result<std::optional<Vocabulary>> LoadVocabulary(std::optional<Tokenizer> tokenizer,
                                                 const VocabularySpec& spec) {
  if (!tokenizer) return std::optional<Vocabulary>();
  switch (*tokenizer) {
    case Tokenizer::kByte:
      break;
    case Tokenizer::kChar:
      return LoadCharacters(spec.vocab);
    case Tokenizer::kGpt2:
      return LoadGpt2(spec);
  }
  return std::optional(Vocabulary::Bytes());
}

Result<std::int64_t> VocabularySize(const VocabularySpec& spec,
                                    const std::optional<Vocabulary>& vocabulary) {
  if (!vocabulary) {
    DESCENT_CHECK(spec.size >= 1);
    return spec.size;
  }
  if (spec.size == 0 || spec.size >= vocabulary->size())
    return std::max(spec.size, vocabulary->size());
  return Status(Code::kInvalidArgument,
                fmt::format("data.vocabulary_size: {}, must be at least the {} tokens of the "
                            "tokenizer",
                            spec.size, vocabulary->size()));
}

}  // namespace descent
