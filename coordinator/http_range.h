#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace descent {

// Which bytes of a body a request with a Range header gets.
struct RangeChoice {
  enum class Kind {
    kWhole,     // 200: there is no such header, or none that is understood
    kPart,      // 206
    kNotThere,  // 416: the body has none of these bytes
  };
  Kind kind = Kind::kWhole;
  std::int64_t first = 0;  // of kPart, with the following
  std::int64_t length = 0;
};

// `range` is the header's value, empty if it is absent: "bytes=5-9", "bytes=5-" or "bytes=-5".
// Other units, several ranges and what is malformed are passed over, as the standard allows; a last
// byte beyond the end means the end. Source: RFC 9110, section 14.
RangeChoice ChooseRange(std::string_view range, std::int64_t body_bytes);

// "bytes 5-9/10" of a part, "bytes */10" of kNotThere.
std::string ContentRange(const RangeChoice& choice, std::int64_t body_bytes);

}  // namespace descent
