#include "coordinator/http_accept.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "coordinator/http_query.h"

namespace descent {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  std::string trimmed(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
  std::ranges::transform(trimmed, trimmed.begin(), [](char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return trimmed;
}

double ParseQuality(std::string_view text) {
  double quality = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, quality, std::chars_format::fixed);
  const bool is_valid =
      parsed.ec == std::errc() && parsed.ptr == end && 0 <= quality && quality <= 1;
  return is_valid ? quality : 0;
}

std::optional<double> QualityOf(const std::vector<Accepted>& all, std::string_view value) {
  const auto found = std::ranges::find(all, value, &Accepted::value);
  return found == all.end() ? std::nullopt : std::optional(found->quality);
}

}  // namespace

std::vector<Accepted> ParseAccept(std::string_view header) {
  std::vector<Accepted> all;
  for (const std::string& item : SplitList(header, ',')) {
    const std::vector<std::string> parts = SplitList(item, ';');
    if (parts.empty()) continue;
    Accepted accepted{.value = Trimmed(parts[0])};
    for (std::size_t i = 1; i < parts.size(); ++i)
      if (const std::string parameter = Trimmed(parts[i]); parameter.starts_with("q="))
        accepted.quality = ParseQuality(std::string_view(parameter).substr(2));
    if (!accepted.value.empty()) all.push_back(std::move(accepted));
  }
  return all;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  const std::vector<Accepted> all = ParseAccept(accept_encoding);
  return QualityOf(all, "gzip").value_or(QualityOf(all, "*").value_or(0)) > 0;
}

bool PrefersOpenMetrics(std::string_view accept) {
  double open_metrics = 0;
  double text = 0;
  for (const Accepted& accepted : ParseAccept(accept)) {
    if (accepted.value == "application/openmetrics-text")
      open_metrics = std::max(open_metrics, accepted.quality);
    if (accepted.value == "text/plain") text = std::max(text, accepted.quality);
  }
  return open_metrics > 0 && open_metrics >= text;
}

}  // namespace descent
