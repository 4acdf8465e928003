#include "worker/data/load_texts.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
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

struct EncodedFile {
  std::string path;
  Tokens tokens;
};

// The part `fraction` of the tokens of all files, those of each apart.
TokenSequence CutFiles(const std::vector<EncodedFile>& files, const FractionRange& fraction,
                       TokenType type) {
  std::int64_t total = 0;
  for (const EncodedFile& file : files) total += std::ssize(file.tokens);
  const IndexRange range = TokensOf(fraction, total);
  TokenSequence sequence;
  std::int64_t start = 0;  // of the file's first token, among all
  for (const EncodedFile& file : files) {
    const std::int64_t count = std::ssize(file.tokens);
    const auto place = [&](std::int64_t token) {
      return static_cast<std::size_t>(std::clamp<std::int64_t>(token - start, 0, count));
    };
    const std::size_t first = place(range.first);
    const auto part = std::span(file.tokens).subspan(first, place(range.last) - first);
    sequence.Append(part, type, file.path);
    start += count;
  }
  return sequence;
}

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
      std::vector<EncodedFile> encoded_files;
      for (TextFile& file : files) {
        Result<Tokens> encoded = vocabulary.Encode(file.text);
        file.text = {};
        if (encoded.ok()) {
          encoded_files.push_back(
              {.path = file.path.string(), .tokens = std::move(encoded).value()});
        } else {
          AddProblem(fmt::format("{}: {}", file.path.string(), encoded.status().message()));
        }
      }
      if (encoded_files.size() == files.size()) tokens_[glob] = std::move(encoded_files);
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
    Result<std::unique_ptr<TextDataset>> dataset = TextDataset::Create(
        {.tokens = CutFiles(tokens->second, split->fraction.value_or(FractionRange()),
                            TokenTypeFor(vocabulary_size_)),
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
  // By glob, if all could be encoded.
  std::map<std::string, std::vector<EncodedFile>> tokens_;
};

}  // namespace

Result<Datasets> LoadTexts(const JobSpec& spec) {
  const auto* gpt = std::get_if<GptSpec>(&spec.model.architecture);
  DESCENT_CHECK(gpt != nullptr);
  return TextLoader(spec.data, gpt->context_length).Load();
}

}  // namespace descent
