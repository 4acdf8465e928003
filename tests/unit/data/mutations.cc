#include "tests/unit/data/mutations.h"

#include "common/random.h"

namespace descent {
namespace {

constexpr PhiloxKey kKey = {0x6d757461, 0x74696f6e};

void Change(std::string& text, std::string_view favourites, std::array<std::uint32_t, 4> words) {
  if (text.empty()) return;
  const std::size_t place = words[1] % text.size();
  switch (words[0] % 5) {
    case 0:
      text[place] = static_cast<char>(text[place] ^ (1 << (words[2] % 8)));
      return;
    case 1:
      text[place] = favourites[words[2] % favourites.size()];
      return;
    case 2:
      text.insert(text.begin() + static_cast<std::ptrdiff_t>(place),
                  favourites[words[2] % favourites.size()]);
      return;
    case 3:
      text.erase(place, 1 + words[2] % 4);
      return;
    default:
      text.resize(place);
  }
}

}  // namespace

std::vector<std::string> Mutations(const std::string& text, std::string_view favourites,
                                   std::int64_t count) {
  std::vector<std::string> mutations;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) {
    std::string mutated = text;
    for (std::uint32_t change = 0; change <= i % 4; ++change)
      Change(mutated, favourites, Philox4x32({i, change, 0, 0}, kKey));
    mutations.push_back(std::move(mutated));
  }
  return mutations;
}

}  // namespace descent
