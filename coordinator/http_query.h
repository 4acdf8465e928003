#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/limits.h"
#include "common/result.h"
#include "coordinator/request_error.h"

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

// The parameters page_size and page_token; an error is the answer.
template <typename Request>
Status ReadPageParameters(const HttpParameters& parameters, Request& request) {
  DESCENT_ASSIGN(const int page_size,
                 IntegerParameter(parameters, "page_size", 0, limits::kPageSizeMax));
  request.set_page_size(page_size);
  const auto token = parameters.find("page_token");
  if (token != parameters.end()) request.set_page_token(token->second);
  return Status();
}

// The parts of a list with commas, "a,b"; empty if it is absent.
std::vector<std::string> ListParameter(const HttpParameters& parameters, const std::string& name);

// Why the parameters are refused where those of `known`, "a,b", are all that there are:
// PARAMETER_UNKNOWN, of the first that is not, with the one that may be meant. Nothing: they are.
std::optional<RequestError> FindUnknownParameter(const HttpParameters& parameters,
                                                 std::string_view known);

// Empty if it is absent.
std::string TextParameter(const HttpParameters& parameters, const std::string& name);

}  // namespace descent
