#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace descent {

// `count` texts that differ from `text` by one to four changes each: a byte flipped, replaced by
// one of `favourites`, inserted, removed, or the end cut off. A function of its arguments alone, so
// that what fails once fails again.
std::vector<std::string> Mutations(const std::string& text, std::string_view favourites,
                                   std::int64_t count);

}  // namespace descent
