#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.h"

namespace descent {

// How much of a volume is to stay free: so many bytes, but no more than this part of it. By itself
// nothing.
struct LowWatermark {
  std::int64_t bytes = 0;
  double fraction = 0;

  bool operator==(const LowWatermark&) const = default;
};

// Enough for logs and stores to go on, and little of a small volume.
inline constexpr LowWatermark kLowWatermarkDefault = {.bytes = std::int64_t{1} << 30,
                                                      .fraction = 0.05};

// In bytes, of a volume of `total_bytes`.
std::int64_t BytesOf(const LowWatermark& watermark, std::int64_t total_bytes);

// "1073741824", "10GiB" (KiB, MiB, GiB or TiB) or "5%". kInvalidArgument: it is none of these.
Result<LowWatermark> ParseLowWatermark(std::string_view text);

}  // namespace descent
