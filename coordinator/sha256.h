#pragma once

#include <string>
#include <string_view>

namespace descent {

std::string Sha256(std::string_view bytes);     // 32 bytes
std::string Sha256Hex(std::string_view bytes);  // 64 lower-case hex digits

// HMAC-SHA256 (RFC 2104) in as many digits. Whoever has the key can tell that the bytes are those
// of somebody who has it, too.
std::string HmacSha256Hex(std::string_view key, std::string_view bytes);

}  // namespace descent
