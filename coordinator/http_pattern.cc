#include "coordinator/http_pattern.h"

#include <algorithm>

namespace descent {

std::optional<HttpPlaces> MatchPattern(std::string_view pattern, std::string_view path) {
  HttpPlaces places;
  while (!pattern.empty() && pattern != "*") {
    std::size_t taken_of_pattern = 1;
    std::size_t taken_of_path = 1;
    if (pattern.front() == '{') {
      taken_of_pattern = pattern.find('}') + 1;
      taken_of_path = std::min(path.find_first_of("/:"), path.size());
      if (taken_of_path == 0) return std::nullopt;
      places.emplace(std::string(pattern.substr(1, taken_of_pattern - 2)),
                     std::string(path.substr(0, taken_of_path)));
    } else if (path.empty() || path.front() != pattern.front()) {
      return std::nullopt;
    }
    pattern.remove_prefix(taken_of_pattern);
    path.remove_prefix(taken_of_path);
  }
  if (pattern.empty() && !path.empty()) return std::nullopt;
  return places;
}

}  // namespace descent
