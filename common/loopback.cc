#include "common/loopback.h"

#include <arpa/inet.h>

#include <string>

namespace descent {

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 &&
         ntohl(address.s_addr) >> 24 == 127;
}

std::string_view HostOf(std::string_view address) { return address.substr(0, address.rfind(':')); }

}  // namespace descent
