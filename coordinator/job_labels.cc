#include "coordinator/job_labels.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/limits.h"
#include "coordinator/excerpt.h"

namespace descent {
namespace {

constexpr std::size_t kLabelNameCharactersMax = 63;
constexpr std::size_t kPrefixCharactersMax = 253;

bool IsLowerOrDigit(char c) { return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9'); }
bool IsLetterOrDigit(char c) { return IsLowerOrDigit(c) || ('A' <= c && c <= 'Z'); }

bool IsName(std::string_view text) {
  const auto is_allowed = [](char c) {
    return IsLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kLabelNameCharactersMax &&
         std::ranges::all_of(text, is_allowed) && IsLetterOrDigit(text.front()) &&
         IsLetterOrDigit(text.back());
}

bool IsPrefix(std::string_view text) {
  if (text.empty() || text.size() > kPrefixCharactersMax) return false;
  char before = '.';
  for (const char c : text) {
    if (!IsLowerOrDigit(c) && c != '.' && c != '-') return false;
    if (before == '.' && !IsLowerOrDigit(c)) return false;
    if (c == '.' && !IsLowerOrDigit(before)) return false;
    before = c;
  }
  return IsLowerOrDigit(before);
}

std::string BadKey(std::string_view field, std::string_view key) {
  return fmt::format(
      "{}: the key {} must be 1 to 63 letters, digits, \".\", \"_\" or \"-\" that begin and end "
      "with a letter or a digit, after an optional prefix like \"example.com/\"",
      field, Excerpt(key));
}

std::optional<std::string> FindProblem(std::string_view field, const JobLabels& labels) {
  for (const auto& [key, value] : labels) {
    if (!IsLabelKey(key)) return BadKey(field, key);
    if (!IsLabelValue(value))
      return fmt::format(
          "{}: the value {} of {} must be empty or 1 to 63 letters, digits, \".\", \"_\" or \"-\" "
          "that begin and end with a letter or a digit",
          field, Excerpt(value), key);
  }
  return std::nullopt;
}

}  // namespace

bool IsLabelKey(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return IsName(key);
  return IsPrefix(key.substr(0, slash)) && IsName(key.substr(slash + 1));
}

bool IsLabelValue(std::string_view value) { return value.empty() || IsName(value); }

std::optional<std::string> FindProblem(const JobLabels& labels) {
  if (auto problem = FindProblem("labels", labels)) return problem;
  if (labels.size() <= limits::kLabelsMax) return std::nullopt;
  return fmt::format("labels: the job would have {}, must be at most {}", labels.size(),
                     limits::kLabelsMax);
}

std::optional<std::string> FindProblem(const LabelChange& change) {
  if (auto problem = FindProblem("set_labels", change.set)) return problem;
  for (const std::string& key : change.removed) {
    if (!IsLabelKey(key)) return BadKey("remove_labels", key);
    if (change.set.contains(key))
      return fmt::format("remove_labels: {} is also in set_labels, must be in one of them", key);
  }
  return std::nullopt;
}

JobLabels Changed(JobLabels labels, const LabelChange& change) {
  for (const auto& [key, value] : change.set) labels[key] = value;
  for (const std::string& key : change.removed) labels.erase(key);
  return labels;
}

std::string LabelsText(const JobLabels& labels) {
  std::string text;
  for (const auto& [key, value] : labels)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key, value);
  return text;
}

std::string LabelsText(const LabelChange& change) {
  std::string text = LabelsText(change.set);
  for (const std::string& key : change.removed)
    text += fmt::format("{}without {}", text.empty() ? "" : ", ", key);
  return text;
}

}  // namespace descent
