#include "worker/data/tokenize_files.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "common/file.h"
#include "worker/data/file_problems.h"
#include "worker/data/load_vocabulary.h"
#include "worker/data/text_files.h"
#include "worker/data/token_file.h"
#include "worker/data/token_sequence.h"

namespace descent {
namespace {

Result<std::vector<TextFile>> ReadAll(const std::vector<std::string>& globs) {
  std::vector<TextFile> files;
  std::vector<std::string> problems;
  for (const std::string& glob : globs) {
    Result<std::vector<TextFile>> found = ReadTextFiles(glob);
    if (!found.ok()) {
      problems.push_back(found.status().message());
      continue;
    }
    for (TextFile& file : found.value()) files.push_back(std::move(file));
  }
  DESCENT_RETURN_IF_ERROR(ProblemStatus(problems));
  return files;
}

Result<Vocabulary> CharactersOf(const std::vector<TextFile>& files) {
  std::vector<std::string> problems;
  std::vector<std::string_view> texts;
  for (const TextFile& file : files) {
    const std::string problem = FindInvalidUtf8(file.text);
    if (!problem.empty()) problems.push_back(fmt::format("{}: {}", file.path.string(), problem));
    texts.push_back(file.text);
  }
  DESCENT_RETURN_IF_ERROR(ProblemStatus(problems));
  return Vocabulary::CharactersOf(texts);
}

// The tokens of all files, as they will lie in the output.
Result<std::vector<std::byte>> EncodeAll(const std::vector<TextFile>& files,
                                         const Vocabulary& vocabulary, TokenType type) {
  std::vector<std::byte> bytes;
  std::vector<std::string> problems;
  for (const TextFile& file : files) {
    const auto tokens = vocabulary.Encode(file.text);
    if (!tokens.ok()) {
      problems.push_back(fmt::format("{}: {}", file.path.string(), tokens.status().message()));
      continue;
    }
    const std::vector<std::byte> packed = PackTokens(tokens.value(), type);
    bytes.insert(bytes.end(), packed.begin(), packed.end());
  }
  DESCENT_RETURN_IF_ERROR(ProblemStatus(problems));
  return bytes;
}

Status WriteTokens(const TokenizeRequest& request, const TokenizeReport& report,
                   std::span<const std::byte> tokens) {
  if (!request.has_header) return WriteNewFile(request.output, tokens);
  constexpr std::int64_t kCountMax = std::numeric_limits<std::int32_t>::max();
  if (report.token_count > kCountMax)
    return Status(Code::kInvalidArgument,
                  fmt::format("{} tokens, must be at most {} below a header of llm.c",
                              report.token_count, kCountMax));
  const std::string header = TokenFileHeader(report.type, report.token_count);
  const std::array<std::span<const std::byte>, 2> pieces = {std::as_bytes(std::span(header)),
                                                            tokens};
  return WriteNewFile(request.output, pieces);
}

}  // namespace

Result<TokenizeReport> TokenizeFiles(const TokenizeRequest& request) {
  DESCENT_ASSIGN(const std::vector<TextFile> files, ReadAll(request.globs));
  DESCENT_ASSIGN(std::optional<Vocabulary> vocabulary,
                 LoadVocabulary(request.tokenizer, request.vocabulary));
  TokenizeReport report{.file_count = std::ssize(files)};
  if (!vocabulary) {
    DESCENT_ASSIGN(vocabulary, CharactersOf(files));
    report.characters_path = request.output + ".characters";
  }
  report.vocabulary_size = vocabulary->size();
  report.type = TokenTypeFor(report.vocabulary_size);
  DESCENT_ASSIGN(const std::vector<std::byte> tokens, EncodeAll(files, *vocabulary, report.type));
  report.token_count = static_cast<std::int64_t>(tokens.size() / TokenBytes(report.type));
  DESCENT_RETURN_IF_ERROR(WriteTokens(request, report, tokens));
  if (!report.characters_path.empty())
    DESCENT_RETURN_IF_ERROR(WriteNewFile(report.characters_path, vocabulary->characters()));
  return report;
}

}  // namespace descent
