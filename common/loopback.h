#pragma once

#include <string_view>

namespace descent {

// Whether a host, by name or address, is this machine and cannot be reached from another one:
// localhost, 127.0.0.0/8 or ::1, with brackets or without.
bool IsLoopbackHost(std::string_view host);

// The host of HOST:PORT.
std::string_view HostOf(std::string_view address);

}  // namespace descent
