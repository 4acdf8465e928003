#include "launch/host_file.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>

#include "common/limits.h"

namespace descent {
namespace {

bool IsHostName(std::string_view word) {
  return !word.empty() && word.front() != '-' && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '@';
  });
}

std::optional<int> ParseSlots(std::string_view text) {
  int slots = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slots);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (slots < 1 || slots > limits::kWorldSizeMax) return std::nullopt;
  return slots;
}

// "host slots=4 max_slots=8"
std::optional<HostSlots> ParseLine(const std::string& line) {
  std::istringstream words(line);
  HostSlots host;
  words >> host.host;
  if (!IsHostName(host.host)) return std::nullopt;
  constexpr std::string_view kSlots = "slots=";
  for (std::string word; words >> word;) {
    if (!word.starts_with(kSlots)) continue;
    const std::optional<int> slots = ParseSlots(std::string_view(word).substr(kSlots.size()));
    if (!slots) return std::nullopt;
    host.slots = *slots;
  }
  if (host.slots == 0) return std::nullopt;
  return host;
}

}  // namespace

std::vector<HostSlots> ParseHostFile(std::string_view text) {
  std::vector<HostSlots> hosts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::optional<HostSlots> parsed = ParseLine(line);
    if (!parsed) return {};
    const auto known = std::ranges::find(hosts, parsed->host, &HostSlots::host);
    if (known == hosts.end())
      hosts.push_back(*parsed);
    else
      known->slots += parsed->slots;
  }
  return hosts;
}

std::string HostList(const std::vector<HostSlots>& hosts) {
  std::string list;
  for (const HostSlots& host : hosts) {
    if (!list.empty()) list += ',';
    list += host.host;
    list += ':';
    list += std::to_string(host.slots);
  }
  return list;
}

int SlotsOf(const std::vector<HostSlots>& hosts) {
  int slots = 0;
  for (const HostSlots& host : hosts) slots += host.slots;
  return slots;
}

}  // namespace descent
