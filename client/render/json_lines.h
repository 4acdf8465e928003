#pragma once

#include <string>

namespace descent {

// JSON, an item of a list a line; what is no list is one line. Text that is no JSON stays.
std::string JsonLines(const std::string& json);

}  // namespace descent
