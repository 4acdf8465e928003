#pragma once

#include <optional>
#include <string_view>

namespace descent {

// The number that a field of a table is, but for blanks around it: decimal, as C writes it, rounded
// to f32. Nothing if it is none, or beyond f32.
std::optional<float> TableNumber(std::string_view field);

}  // namespace descent
