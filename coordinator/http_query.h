#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// What a request's target says after its path: "names=train/loss&max_points=50", by name.
using HttpParameters = std::map<std::string, std::string>;

// Undoes percent-encoding; a malformed escape stands for itself.
std::string PercentDecode(std::string_view text);

// Without the empty parts.
std::vector<std::string> SplitList(std::string_view text, char separator);

HttpParameters ParseQuery(std::string_view query);

// The parameter, or `fallback` if it is absent; kInvalidArgument if it is no number in
// [1, value_max].
Result<int> IntegerParameter(const HttpParameters& parameters, const std::string& name,
                             int fallback, int value_max);

// The parts of a list with commas, "a,b"; empty if it is absent.
std::vector<std::string> ListParameter(const HttpParameters& parameters, const std::string& name);

// Empty if it is absent.
std::string TextParameter(const HttpParameters& parameters, const std::string& name);

}  // namespace descent
