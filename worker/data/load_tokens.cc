#include "worker/data/load_tokens.h"

#include <spdlog/fmt/fmt.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "worker/data/file_problems.h"
#include "worker/data/find_files.h"
#include "worker/data/load_splits.h"
#include "worker/data/load_vocabulary.h"
#include "worker/data/text_dataset.h"

namespace descent {
namespace {

Result<TokenSequence> OpenFiles(const std::string& glob, std::optional<TokenType> dtype) {
  FoundFiles found = FindFiles(glob);
  TokenSequence tokens;
  for (const std::filesystem::path& path : found.paths) {
    Result<TokenFile> file = OpenTokenFile(path, dtype);
    if (file.ok()) {
      tokens.Append(std::move(file).value());
    } else {
      found.problems.push_back(file.status().message());
    }
  }
  DESCENT_RETURN_IF_ERROR(ProblemStatus(found.problems));
  return tokens;
}

struct SplitOptions {
  const DatasetSpec& split;
  std::optional<TokenType> dtype;
  std::int64_t vocabulary_size = 0;
  std::int64_t context_length = 0;
};

Result<std::unique_ptr<TextDataset>> LoadSplit(const SplitOptions& options) {
  DESCENT_ASSIGN(TokenSequence tokens, OpenFiles(options.split.path, options.dtype));
  tokens.Cut(TokensOf(options.split.fraction.value_or(FractionRange()), tokens.size()));
  std::vector<std::string> beyond = tokens.FindTokensBeyond(options.vocabulary_size);
  for (std::string& problem : beyond)
    problem += fmt::format(", must be below the vocabulary's size {}", options.vocabulary_size);
  DESCENT_RETURN_IF_ERROR(ProblemStatus(beyond));
  Result<std::unique_ptr<TextDataset>> dataset =
      TextDataset::Create({.tokens = std::move(tokens),
                           .vocabulary_size = options.vocabulary_size,
                           .context_length = options.context_length,
                           .stride = options.split.stride});
  if (dataset.ok()) return dataset;
  return Status(Code::kInvalidArgument,
                fmt::format("{} has {}", options.split.path, dataset.status().message()));
}

}  // namespace

Result<Datasets> LoadTokens(const JobSpec& spec) {
  const auto* gpt = std::get_if<GptSpec>(&spec.model.architecture);
  DESCENT_CHECK(gpt != nullptr);
  const VocabularySpec& words = spec.data.vocabulary;
  DESCENT_ASSIGN(std::optional<Vocabulary> vocabulary, LoadVocabulary(spec.data.tokenizer, words));
  DESCENT_ASSIGN(const std::int64_t vocabulary_size, VocabularySize(words, vocabulary));
  DESCENT_ASSIGN(Datasets datasets, LoadSplits<TextDataset>(spec.data, [&](const DatasetSpec& split,
                                                                           const TextDataset*) {
                   return LoadSplit({.split = split,
                                     .dtype = words.dtype,
                                     .vocabulary_size = vocabulary_size,
                                     .context_length = gpt->context_length});
                 }));
  datasets.vocabulary = std::move(vocabulary);
  return datasets;
}

}  // namespace descent
