#pragma once

#include <string>

namespace descent {

// A JSON document as a YAML document that reads as the same values, in the same order, after a line
// "---", so that several make a stream. What is not JSON is given back as it is.
std::string YamlText(const std::string& json);

}  // namespace descent
