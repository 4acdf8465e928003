#pragma once

#include <cstddef>
#include <string_view>

namespace descent {

// How many characters must be inserted, removed or replaced to make one text the other
// (Levenshtein 1965). Takes time in the product of their sizes.
std::size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace descent
