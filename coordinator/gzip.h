#pragma once

#include <string>
#include <string_view>

namespace descent {

// The gzip format (RFC 1952), in memory. Any thread.

std::string Gzip(std::string_view bytes);

struct Gunzipped {
  std::string bytes;
  bool is_whole = false;  // otherwise it is damaged, and these are the bytes before the damage
};

Gunzipped Gunzip(std::string_view packed);

}  // namespace descent
