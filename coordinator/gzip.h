#pragma once

#include <string>
#include <string_view>

namespace descent {

// The gzip format (RFC 1952), in memory. Any thread.

enum class GzipLevel {
  kFast,   // for what is packed once for each reader: the jobs' ranks may want the cores
  kSmall,  // for what is kept
};

std::string Gzip(std::string_view bytes, GzipLevel level);

struct Gunzipped {
  std::string bytes;
  bool is_whole = false;  // otherwise it is damaged, and these are the bytes before the damage
};

Gunzipped Gunzip(std::string_view packed);

}  // namespace descent
