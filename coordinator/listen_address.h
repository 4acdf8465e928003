#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace descent {

// Where a server listens: "127.0.0.1:9090", "[::1]:9090", "localhost:0". Port 0: any free one.
struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;

  // kInvalidArgument: not HOST:PORT.
  static Result<ListenAddress> Parse(std::string_view text);

  std::string ToString() const;
  bool IsLoopback() const;  // reachable from this machine alone
};

// Why `address` cannot be listened on, as the operating system says, for the flag that chose it.
Status ExplainListenFailure(const ListenAddress& address, std::string_view flag);

}  // namespace descent
