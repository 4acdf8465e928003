#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace descent {

// One of what a client accepts: "text/plain;q=0.5".
struct Accepted {
  std::string value;   // in lower case, without parameters
  double quality = 1;  // 0 to 1; 0: not at all
};

// The value of an Accept or Accept-Encoding header, in its order. A quality that is none counts as
// 0. Source: RFC 9110, section 12.4.2.
std::vector<Accepted> ParseAccept(std::string_view header);

// By an Accept-Encoding header; without one, nothing is packed.
bool AcceptsGzip(std::string_view accept_encoding);

// By an Accept header: whether OpenMetrics is named, and liked no less than plain text.
bool PrefersOpenMetrics(std::string_view accept);

}  // namespace descent
