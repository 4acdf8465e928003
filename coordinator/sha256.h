#pragma once

#include <string>
#include <string_view>

namespace descent {

std::string Sha256(std::string_view bytes);     // 32 bytes
std::string Sha256Hex(std::string_view bytes);  // 64 lower-case hex digits

}  // namespace descent
