#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "worker/data/inspect_file.h"
#include "worker/data/load_cifar.h"
#include "worker/data/token_sequence.h"
#include "worker/data/value_summary.h"

namespace descent {
namespace {

constexpr std::int64_t kShownMax = 12;
constexpr std::int64_t kTokensAtOnce = std::int64_t{1} << 16;

std::string Describe(const std::filesystem::path& path, TokenFile file) {
  const bool has_header = file.tokens.size() != file.file.bytes().size();
  const char* const type = file.type == TokenType::kUint16 ? "uint16" : "uint32";
  TokenSequence tokens;
  tokens.Append(std::move(file));
  ValueSummary summary;
  std::vector<std::int32_t> some;
  for (std::int64_t first = 0; first < tokens.size(); first += kTokensAtOnce) {
    some.resize(static_cast<std::size_t>(std::min(kTokensAtOnce, tokens.size() - first)));
    tokens.Copy(first, some);
    for (const std::int32_t token : some) summary.Add(static_cast<std::uint32_t>(token));
  }
  some.resize(static_cast<std::size_t>(std::min(kShownMax, tokens.size())));
  tokens.Copy(0, some);
  return fmt::format("{}: {} tokens of {}, {}\n  values  {}\n  first   [{}]\n", path.string(),
                     tokens.size(), type,
                     has_header ? "below a header of llm.c" : "if it is a token file",
                     summary.Text(), fmt::join(some, ", "));
}

}  // namespace

Result<std::string> InspectBin(const std::filesystem::path& path) {
  Result<TokenFile> file = OpenTokenFile(path, {});
  std::string text = DescribeCifar(path);
  if (!file.ok() && text.empty()) return file.status();
  if (file.ok()) text += Describe(path, std::move(file).value());
  return text;
}

}  // namespace descent
