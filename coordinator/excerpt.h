#pragma once

#include <string>
#include <string_view>

namespace descent {

// What was found in a request, for the message that refuses it: in quotes, the first 40 bytes, and
// with \xNN for all that is no printable ASCII, so that any bytes become a text.
std::string Excerpt(std::string_view found);

}  // namespace descent
