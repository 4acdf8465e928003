#pragma once

#include <memory>
#include <optional>

#include "coordinator/http_routes.h"
#include "coordinator/listen_address.h"
#include "coordinator/tls.h"

namespace descent {

// Serves HttpRoutes over HTTP/1.1 from threads of its own, with bounds on the size of requests,
// the number of connections and the time that a slow peer may take. When there are as many
// connections as there may be, the one that has waited longest for its peer makes room; events and
// files are not waited for like that.
class HttpServer {
 public:
  // By HTTPS if there is `tls`. `authenticator` outlives the result. kUnavailable names the address
  // and the flag that chooses another.
  static Result<std::unique_ptr<HttpServer>> Start(const ListenAddress& address,
                                                   HttpBackend backend,
                                                   const Authenticator& authenticator,
                                                   const std::optional<Tls>& tls);
  virtual ~HttpServer() = default;  // ends all connections and the threads

  // With the port that was chosen.
  virtual ListenAddress address() const = 0;
};

}  // namespace descent
