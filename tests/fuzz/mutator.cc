#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::size_t kBytesMax = std::size_t{64} << 10;

// Numbers at which sizes, signs and products go wrong, as little-endian and as text.
constexpr std::array<std::uint64_t, 12> kNumbers = {0,
                                                    1,
                                                    0x7f,
                                                    0xff,
                                                    0x7fff,
                                                    0xffff,
                                                    0x7fffffff,
                                                    0x80000000,
                                                    0xffffffff,
                                                    0x4000000000000000,
                                                    0x7fffffffffffffff,
                                                    0xffffffffffffffff};
constexpr std::array<std::string_view, 12> kWords = {
    "-1",   "1e400", "nan", "[",
    "{",    "\"",    "\\",  std::string_view("\0", 1),
    "\r\n", "\xff",  "%s",  "18446744073709551616"};

// The changes of one input.
class Mutation {
 public:
  Mutation(const std::vector<std::string>& corpus, std::uint64_t seed)
      : corpus_(corpus), random_(seed), bytes_(corpus[Below(corpus.size())]) {}

  std::string Make() && {
    for (std::uint64_t count = 1 + Below(8); count > 0; --count) Change();
    bytes_.resize(std::min(bytes_.size(), kBytesMax));
    return std::move(bytes_);
  }

 private:
  // The standard's distributions differ between libraries.
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  std::size_t Place() { return Below(bytes_.size() + 1); }

  template <typename List>
  const auto& Choose(const List& list) {
    return list[Below(list.size())];
  }

  // At most `max` bytes of `text`, from anywhere.
  std::string Piece(const std::string& text, std::size_t max) {
    const std::size_t first = Below(text.size() + 1);
    return text.substr(first, Below(max) + 1);
  }

  void Change() {
    switch (Below(8)) {
      case 0:
        return Overwrite(std::string(1, static_cast<char>(Below(256))));
      case 1:
        return FlipBit();
      case 2:
        return OverwriteNumber();
      case 3:
        bytes_.insert(Place(), Choose(kWords));
        return;
      case 4:
        bytes_.insert(Place(), std::to_string(Choose(kNumbers)));
        return;
      case 5:
        bytes_.erase(Place(), Below(16) + 1);
        return;
      case 6:
        bytes_.insert(Place(), Piece(Choose(corpus_), 256));
        return;
      default:
        return CutOrRepeat();
    }
  }

  void Overwrite(std::string_view with) {
    const std::size_t first = Place();
    bytes_.replace(first, std::min(with.size(), bytes_.size() - first), with);
  }

  void FlipBit() {
    if (bytes_.empty()) return;
    char& byte = bytes_[Below(bytes_.size())];
    byte = static_cast<char>(byte ^ (1 << Below(8)));
  }

  void OverwriteNumber() {
    const std::uint64_t number = Choose(kNumbers);
    std::string digits;
    for (std::uint64_t size = std::uint64_t{1} << Below(4), i = 0; i < size; ++i)
      digits += static_cast<char>(number >> (8 * i));
    if (Below(2) == 0) std::ranges::reverse(digits);
    Overwrite(digits);
  }

  void CutOrRepeat() {
    if (Below(2) == 0) return bytes_.resize(Place());
    const std::string piece = Piece(bytes_, 64);
    for (std::uint64_t count = Below(64); count > 0 && bytes_.size() < kBytesMax; --count)
      bytes_.insert(Place(), piece);
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
  std::string bytes_;
};

}  // namespace

Mutator::Mutator(std::vector<std::string> corpus, std::uint64_t seed)
    : corpus_(std::move(corpus)), seed_(seed) {
  DESCENT_CHECK(!corpus_.empty());
}

std::string Mutator::Input(std::uint64_t index) const {
  if (index < corpus_.size()) return corpus_[index];
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // neighbouring seeds give unlike streams
  return Mutation(corpus_, (seed_ * kOdd) ^ index).Make();
}

}  // namespace descent
