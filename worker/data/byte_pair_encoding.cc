#include "worker/data/byte_pair_encoding.h"

#include <spdlog/fmt/fmt.h>

#include <functional>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "common/check.h"
#include "common/spec_checker.h"
#include "worker/data/byte_symbols.h"
#include "worker/data/file_problems.h"
#include "worker/data/gpt2_split.h"

namespace descent {
namespace {

constexpr std::uint32_t kNoToken = ~std::uint32_t{0};
// Most pieces of a text are a few words that come again and again.
constexpr std::size_t kCachedPiecesMax = std::size_t{1} << 16;
constexpr std::size_t kCachedBytesMax = 64;

std::uint64_t PairKey(std::uint32_t left, std::uint32_t right) {
  return std::uint64_t{left} << 32 | right;
}

}  // namespace

// Indexes the tables of an encoding, once, and collects what is wrong with them.
class BytePairEncodingBuilder {
 public:
  explicit BytePairEncodingBuilder(BytePairTables tables) { encoding_.tables_ = std::move(tables); }

  Result<BytePairEncoding> Build() {
    IndexTokens();
    IndexBytes();
    for (std::size_t rank = 0; rank < encoding_.tables_.merges.size(); ++rank) IndexMerge(rank);
    DESCENT_RETURN_IF_ERROR(ProblemStatus(problems_));
    return std::move(encoding_);
  }

 private:
  void IndexTokens() {
    for (const std::string& token : encoding_.tables_.tokens) {
      const auto number = static_cast<std::uint32_t>(number_of_.size());
      if (!number_of_.emplace(token, number).second)
        problems_.push_back(fmt::format("the token {} is there twice", Quoted(token)));
      encoding_.bytes_.push_back(BytesOfSymbols(token).value_or(token));
    }
  }

  void IndexBytes() {
    for (std::size_t byte = 0; byte < encoding_.token_of_byte_.size(); ++byte) {
      const std::string symbol = SymbolOfByte(static_cast<unsigned char>(byte));
      encoding_.token_of_byte_[byte] = NumberOf(symbol);
      if (encoding_.token_of_byte_[byte] == kNoToken)
        problems_.push_back(fmt::format("no token \"{}\" for the byte {:#04x}", symbol, byte));
    }
  }

  void IndexMerge(std::size_t rank) {
    const std::string& merge = encoding_.tables_.merges[rank];
    const auto add_problem = [&](std::string_view problem) {
      problems_.push_back(fmt::format("merge {}, {}: {}", rank + 1, Quoted(merge), problem));
    };
    const std::size_t space = merge.find(' ');
    if (space == std::string::npos || merge.find(' ', space + 1) != std::string::npos)
      return add_problem("must be two tokens and a space between them");
    const std::string_view left = std::string_view(merge).substr(0, space);
    const std::string_view right = std::string_view(merge).substr(space + 1);
    std::string merged(left);
    merged += right;
    for (const std::string_view token : {left, right, std::string_view(merged)})
      if (NumberOf(token) == kNoToken)
        return add_problem(
            fmt::format("{} is no token of the vocabulary", Quoted(std::string(token))));
    const bool is_new =
        encoding_.merge_of_
            .try_emplace(PairKey(NumberOf(left), NumberOf(right)),
                         BytePairEncoding::Merge{.rank = static_cast<std::uint32_t>(rank),
                                                 .token = NumberOf(merged)})
            .second;
    if (!is_new) add_problem("is there twice");
  }

  std::uint32_t NumberOf(std::string_view token) const {
    const auto found = number_of_.find(token);
    return found == number_of_.end() ? kNoToken : found->second;
  }

  BytePairEncoding encoding_;
  std::unordered_map<std::string_view, std::uint32_t> number_of_;  // keys lie in the tables
  std::vector<std::string> problems_;
};

// Encodes pieces of one text, which outlives it, and remembers the short ones. One thread.
class BytePairEncoding::PieceEncoder {
 public:
  explicit PieceEncoder(const BytePairEncoding& encoding) : encoding_(encoding) {}

  void Append(std::string_view piece, std::vector<std::uint32_t>& tokens) {
    const auto found = cache_.find(piece);
    const std::vector<std::uint32_t>& encoded =
        found == cache_.end() ? Encode(piece) : found->second;
    tokens.insert(tokens.end(), encoded.begin(), encoded.end());
  }

 private:
  // A token of the piece, in a list that goes on at `next`. Merged into the one before: no token.
  struct Link {
    std::uint32_t token = kNoToken;
    std::size_t previous = 0;
    std::size_t next = 0;
  };

  // Two neighbours that may merge, unless one of them has become another meanwhile.
  struct Candidate {
    Merge merge;
    std::size_t left = 0;  // its link
    std::uint64_t key = 0;

    bool operator>(const Candidate& other) const {
      return std::tie(merge.rank, left) > std::tie(other.merge.rank, other.left);
    }
  };
  using Candidates = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

  const std::vector<std::uint32_t>& Encode(std::string_view piece) {
    links_.resize(piece.size());
    for (std::size_t i = 0; i < piece.size(); ++i)
      links_[i] = {.token = encoding_.token_of_byte_[static_cast<unsigned char>(piece[i])],
                   .previous = i - 1,
                   .next = i + 1};
    MergeAll();
    encoded_.clear();
    for (const Link& link : links_)
      if (link.token != kNoToken) encoded_.push_back(link.token);
    if (piece.size() > kCachedBytesMax || cache_.size() >= kCachedPiecesMax) return encoded_;
    return cache_.emplace(piece, encoded_).first->second;
  }

  void MergeAll() {
    Candidates candidates;
    for (std::size_t i = 0; i < links_.size(); ++i) Consider(i, candidates);
    while (!candidates.empty()) {
      const Candidate best = candidates.top();
      candidates.pop();
      if (KeyAt(best.left) != best.key) continue;
      Link& left = links_[best.left];
      Link& right = links_[left.next];
      left.token = best.merge.token;
      left.next = right.next;
      right.token = kNoToken;
      if (left.next < links_.size()) links_[left.next].previous = best.left;
      Consider(best.left, candidates);
      if (best.left > 0) Consider(left.previous, candidates);
    }
  }

  // The pair that begins at a link; nothing if it is the last one, or merged into another.
  std::optional<std::uint64_t> KeyAt(std::size_t left) const {
    const Link& link = links_[left];
    if (link.token == kNoToken || link.next >= links_.size()) return std::nullopt;
    return PairKey(link.token, links_[link.next].token);
  }

  void Consider(std::size_t left, Candidates& candidates) const {
    const std::optional<std::uint64_t> key = KeyAt(left);
    if (!key) return;
    const auto merge = encoding_.merge_of_.find(*key);
    if (merge == encoding_.merge_of_.end()) return;
    candidates.push({.merge = merge->second, .left = left, .key = *key});
  }

  const BytePairEncoding& encoding_;
  std::vector<Link> links_;
  std::vector<std::uint32_t> encoded_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> cache_;
};

Result<BytePairEncoding> BytePairEncoding::Create(BytePairTables tables) {
  return BytePairEncodingBuilder(std::move(tables)).Build();
}

Result<std::vector<std::uint32_t>> BytePairEncoding::Encode(std::string_view text) const {
  std::vector<std::uint32_t> tokens;
  PieceEncoder encoder(*this);
  DESCENT_RETURN_IF_ERROR(
      SplitLikeGpt2(text, [&](std::string_view piece) { encoder.Append(piece, tokens); }));
  return tokens;
}

}  // namespace descent
