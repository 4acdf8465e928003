#include "coordinator/http_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/edit_distance.h"
#include "coordinator/excerpt.h"

namespace descent {
namespace {

constexpr std::size_t kTyposMax = 3;

// The name that is meant, or may be; empty: none is near.
std::string NearestName(std::string_view name, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t distance_min = std::min(kTyposMax, name.size() - 1) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance >= distance_min) continue;
    distance_min = distance;
    nearest = candidate;
  }
  return nearest;
}

RequestError UnknownParameter(const std::string& name, const std::vector<std::string>& known) {
  constexpr std::size_t kNameBytesMax = 64;  // of one that may be a typing error
  std::string message = fmt::format("the parameter {} is unknown", Excerpt(name));
  RequestError error{Status(), "PARAMETER_UNKNOWN", {}, {{"parameter", name}}};
  const std::string nearest =
      name.empty() || name.size() > kNameBytesMax ? "" : NearestName(name, known);
  if (!nearest.empty()) {
    message += fmt::format("; did you mean \"{}\"?", nearest);
    error.metadata["did_you_mean"] = nearest;
  } else if (known.empty()) {
    message += "; this path has none";
  } else {
    message += "; there are";
    for (const std::string& candidate : known) message.append(" ").append(candidate);
  }
  error.status = Status(Code::kInvalidArgument, std::move(message));
  return error;
}

}  // namespace

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::vector<std::string> SplitList(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

HttpParameters ParseQuery(std::string_view query) {
  HttpParameters parameters;
  for (const std::string& part : SplitList(query, '&')) {
    const std::string_view pair = part;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    parameters[PercentDecode(pair.substr(0, equals))] = PercentDecode(value);
  }
  return parameters;
}

Result<int> IntegerParameter(const HttpParameters& parameters, const std::string& name,
                             int fallback, int value_max) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return fallback;
  int value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto parsed = std::from_chars(found->second.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < 1 || value > value_max)
    return Status(Code::kInvalidArgument, name + " is \"" + found->second + "\", must be 1 to " +
                                              std::to_string(value_max));
  return value;
}

std::vector<std::string> ListParameter(const HttpParameters& parameters, const std::string& name) {
  return SplitList(TextParameter(parameters, name), ',');
}

std::optional<RequestError> FindUnknownParameter(const HttpParameters& parameters,
                                                 std::string_view known) {
  const std::vector<std::string> names = SplitList(known, ',');
  for (const auto& [name, value] : parameters)
    if (std::ranges::find(names, name) == names.end()) return UnknownParameter(name, names);
  return std::nullopt;
}

std::string TextParameter(const HttpParameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

}  // namespace descent
