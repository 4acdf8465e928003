#include "common/low_watermark.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace descent {
namespace {

constexpr double kBytesMax = 1e18;  // far from overflow

constexpr std::pair<std::string_view, double> kUnits[] = {
    {"", 1}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};

std::optional<LowWatermark> Parse(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view unit(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  if (unit == "%") {
    if (number > 100) return std::nullopt;
    return LowWatermark{.bytes = std::numeric_limits<std::int64_t>::max(),
                        .fraction = number / 100};
  }
  for (const auto& [name, bytes] : kUnits)
    if (unit == name && number * bytes <= kBytesMax)
      return LowWatermark{.bytes = static_cast<std::int64_t>(number * bytes), .fraction = 1};
  return std::nullopt;
}

}  // namespace

std::int64_t BytesOf(const LowWatermark& watermark, std::int64_t total_bytes) {
  const double part = watermark.fraction * static_cast<double>(total_bytes);
  return std::min(watermark.bytes, static_cast<std::int64_t>(part));
}

Result<LowWatermark> ParseLowWatermark(std::string_view text) {
  if (const std::optional<LowWatermark> watermark = Parse(text)) return *watermark;
  return Status(Code::kInvalidArgument,
                fmt::format("\"{}\" is no amount of space, must be bytes (1073741824), KiB, MiB, "
                            "GiB or TiB (10GiB), or a part of the volume (5%)",
                            text));
}

}  // namespace descent
