#include "worker/data/load_texts.h"

#include <spdlog/fmt/fmt.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.h"
#include "worker/data/load_vocabulary.h"
#include "worker/data/text_dataset.h"
#include "worker/data/text_files.h"

namespace descent {
namespace {

using Tokens = std::vector<std::uint32_t>;

// One load, in its three stages. A glob that fails in one is left out of the next.
class TextLoader {
 public:
  TextLoader(const DataSpec& spec, std::int64_t context_length)
      : spec_(spec), context_length_(context_length) {}

  Result<Datasets> Load() {
    Datasets datasets;
    for (const DatasetSpec* split : Splits()) ReadFiles(split->path);
    datasets.vocabulary = MakeVocabulary();
    if (datasets.vocabulary) {
      EncodeFiles(*datasets.vocabulary);
      SetVocabularySize(datasets.vocabulary);
    }
    datasets.train = MakeDataset("data.train", &spec_.train);
    datasets.validation = MakeDataset("data.validation", Pointer(spec_.validation));
    datasets.test = MakeDataset("data.test", Pointer(spec_.test));
    if (!problems_.empty()) return Status(Code::kInvalidArgument, problems_);
    return datasets;
  }

 private:
  static const DatasetSpec* Pointer(const std::optional<DatasetSpec>& split) {
    return split ? &*split : nullptr;
  }

  std::vector<const DatasetSpec*> Splits() const {
    std::vector<const DatasetSpec*> splits = {&spec_.train};
    for (const auto* split : {&spec_.validation, &spec_.test})
      if (*split) splits.push_back(Pointer(*split));
    return splits;
  }

  void AddProblem(std::string_view problem) {
    if (!problems_.empty()) problems_ += '\n';
    problems_ += problem;
  }

  // Of `char`, every file must be UTF-8.
  void ReadFiles(const std::string& glob) {
    if (!seen_.insert(glob).second) return;
    Result<std::vector<TextFile>> files = ReadTextFiles(glob);
    if (!files.ok()) return AddProblem(files.status().message());
    bool is_valid = true;
    for (const TextFile& file : files.value()) {
      if (spec_.tokenizer != Tokenizer::kChar) continue;
      const std::string problem = FindInvalidUtf8(file.text);
      if (problem.empty()) continue;
      AddProblem(fmt::format("{}: {}, which tokenizer: char needs", file.path.string(), problem));
      is_valid = false;
    }
    if (is_valid) files_[glob] = std::move(files).value();
  }

  std::optional<Vocabulary> MakeVocabulary() {
    Result<std::optional<Vocabulary>> named = LoadVocabulary(spec_.tokenizer, spec_.vocabulary);
    if (!named.ok()) {
      AddProblem(named.status().message());
      return std::nullopt;
    }
    if (named.value()) return std::move(named).value();
    const auto files = files_.find(spec_.train.path);
    if (files == files_.end()) return std::nullopt;
    std::vector<std::string_view> texts;
    for (const TextFile& file : files->second) texts.push_back(file.text);
    Result<Vocabulary> vocabulary = Vocabulary::CharactersOf(texts);
    if (vocabulary.ok()) return std::move(vocabulary).value();
    AddProblem(fmt::format("{}: {}", spec_.train.path, vocabulary.status().message()));
    return std::nullopt;
  }

  void EncodeFiles(const Vocabulary& vocabulary) {
    for (auto& [glob, files] : files_) {
      Tokens tokens;
      bool is_known = true;
      for (TextFile& file : files) {
        const Result<Tokens> encoded = vocabulary.Encode(file.text);
        file.text = {};
        if (!encoded.ok()) {
          AddProblem(fmt::format("{}: {}", file.path.string(), encoded.status().message()));
          is_known = false;
        } else {
          tokens.insert(tokens.end(), encoded.value().begin(), encoded.value().end());
        }
      }
      if (is_known) tokens_[glob] = std::move(tokens);
    }
  }

  void SetVocabularySize(const std::optional<Vocabulary>& vocabulary) {
    const Result<std::int64_t> size = VocabularySize(spec_.vocabulary, vocabulary);
    if (size.ok()) {
      vocabulary_size_ = size.value();
    } else {
      AddProblem(size.status().message());
    }
  }

  std::unique_ptr<const Dataset> MakeDataset(std::string_view field, const DatasetSpec* split) {
    if (split == nullptr || vocabulary_size_ == 0) return nullptr;
    const auto tokens = tokens_.find(split->path);
    if (tokens == tokens_.end()) return nullptr;
    const auto range =
        TokensOf(split->fraction.value_or(FractionRange()), std::ssize(tokens->second));
    TokenSequence sequence;
    sequence.Append(
        std::span(tokens->second)
            .subspan(static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.size())),
        TokenTypeFor(vocabulary_size_));
    Result<std::unique_ptr<TextDataset>> dataset =
        TextDataset::Create({.tokens = std::move(sequence),
                             .vocabulary_size = vocabulary_size_,
                             .context_length = context_length_,
                             .stride = split->stride});
    if (dataset.ok()) return std::move(dataset).value();
    AddProblem(fmt::format("{}: {} has {}", field, split->path, dataset.status().message()));
    return nullptr;
  }

  const DataSpec& spec_;
  const std::int64_t context_length_;
  std::int64_t vocabulary_size_ = 0;  // 0: not known
  std::string problems_;
  std::set<std::string> seen_;                          // every glob
  std::map<std::string, std::vector<TextFile>> files_;  // by glob, if all could be read
  std::map<std::string, Tokens> tokens_;                // by glob, if all could be encoded
};

}  // namespace

Result<Datasets> LoadTexts(const JobSpec& spec) {
  const auto* gpt = std::get_if<GptSpec>(&spec.model.architecture);
  DESCENT_CHECK(gpt != nullptr);
  return TextLoader(spec.data, gpt->context_length).Load();
}

}  // namespace descent
