#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace descent {

// What stands in a path's places, by their names.
using HttpPlaces = std::map<std::string, std::string>;

// Compares a path with a pattern like "/v1/jobs/{job}:cancel". A place takes one character or more
// up to the next '/' or ':'; "*" at the end takes all that is left. Null: the path is another one.
std::optional<HttpPlaces> MatchPattern(std::string_view pattern, std::string_view path);

}  // namespace descent
