#include "coordinator/listen_address.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "common/loopback.h"

namespace descent {
namespace {

constexpr int kPortMax = 65535;

// What binding says: 0, or an errno.
int TryToBind(const addrinfo& resolved) {
  const int descriptor = socket(resolved.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int yes = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  int error = 0;
  if (bind(descriptor, resolved.ai_addr, resolved.ai_addrlen) != 0 || listen(descriptor, 1) != 0)
    error = errno;
  close(descriptor);
  return error;
}

std::string CauseOf(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* resolved = nullptr;
  const std::string port = std::to_string(address.port);
  if (const int error = getaddrinfo(address.host.c_str(), port.c_str(), &hints, &resolved))
    return gai_strerror(error);
  const int error = TryToBind(*resolved);
  freeaddrinfo(resolved);
  if (error == EADDRINUSE) return "address in use";
  return error == 0 ? "it was refused, but is free now" : std::strerror(error);
}

}  // namespace

Result<ListenAddress> ListenAddress::Parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const Status bad(Code::kInvalidArgument,
                   fmt::format("\"{}\" is not HOST:PORT, such as 127.0.0.1:9090", text));
  if (colon == std::string_view::npos || colon == 0) return bad;
  ListenAddress address;
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  const std::string_view foreign = is_bracketed ? "[]" : "[]:";
  if (host.empty() || host.find_first_of(foreign) != std::string_view::npos) return bad;
  address.host = host;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, address.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return bad;
  if (address.port < 0 || address.port > kPortMax) return bad;
  return address;
}

std::string ListenAddress::ToString() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool ListenAddress::IsLoopback() const { return IsLoopbackHost(host); }

Status ExplainListenFailure(const ListenAddress& address, std::string_view flag) {
  return Status(Code::kUnavailable, fmt::format("cannot listen on {}: {}; choose another with {}",
                                                address.ToString(), CauseOf(address), flag));
}

}  // namespace descent
