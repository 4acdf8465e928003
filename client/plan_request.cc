#include "client/plan_request.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace descent {
namespace {

struct Unit {
  std::string_view word;
  double factor;
};

constexpr std::array kRates = {Unit{"bit", 1.0 / 8},  Unit{"Kbit", 1e3 / 8},  Unit{"Mbit", 1e6 / 8},
                               Unit{"Gbit", 1e9 / 8}, Unit{"Tbit", 1e12 / 8}, Unit{"MB", 1e6},
                               Unit{"GB", 1e9}};
constexpr std::array kTimes = {Unit{"ns", 1e-9}, Unit{"us", 1e-6}, Unit{"ms", 1e-3}, Unit{"s", 1}};

template <std::size_t N>
std::optional<double> ParseQuantity(std::string_view text, const std::array<Unit, N>& units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view word = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units)
    if (unit.word == word) {
      const double quantity = number * unit.factor;
      return std::isfinite(quantity) && quantity >= 0 ? std::optional(quantity) : std::nullopt;
    }
  return std::nullopt;
}

std::optional<int> ParseCount(std::string_view text, int most) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (count < 1 || count > most) return std::nullopt;
  return count;
}

std::vector<int> Doubled(int first, int last) {
  std::vector<int> counts;
  for (std::int64_t count = first; count < last; count *= 2)
    counts.push_back(static_cast<int>(count));
  counts.push_back(last);
  return counts;
}

std::optional<std::vector<int>> ParseCounts(std::string_view text, int most) {
  if (const std::size_t dots = text.find(".."); dots != std::string_view::npos) {
    const auto first = ParseCount(text.substr(0, dots), most);
    const auto last = ParseCount(text.substr(dots + 2), most);
    if (!first || !last || *first > *last) return std::nullopt;
    return Doubled(*first, *last);
  }
  std::vector<int> counts;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto count = ParseCount(text.substr(0, comma), most);
    if (!count || (!counts.empty() && *count <= counts.back())) return std::nullopt;
    counts.push_back(*count);
    if (comma == std::string_view::npos) return counts;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Result<NetworkFlag> ParseNetwork(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma != std::string_view::npos) {
    const auto rate = ParseQuantity(text.substr(0, comma), kRates);
    const auto seconds = ParseQuantity(text.substr(comma + 1), kTimes);
    if (rate && *rate > 0 && seconds)
      return NetworkFlag{.bytes_per_second = *rate, .message_seconds = *seconds};
  }
  return Status(
      Code::kInvalidArgument,
      fmt::format("--network: \"{}\", must be a rate and a latency such as 25Gbit,10us", text));
}

Result<std::vector<int>> ParseWorkerCounts(std::string_view text, int most) {
  if (auto counts = ParseCounts(text, most)) return *std::move(counts);
  return Status(Code::kInvalidArgument,
                fmt::format("--workers: \"{}\", must be numbers from 1 to {}, ascending, such as "
                            "8..4096 or 1,2,4",
                            text, most));
}

}  // namespace descent
