#pragma once

#include "coordinator/http_routes.h"

namespace descent {

// A route, and what answers it.
struct HttpRoutes::Endpoint {
  HttpRoute route;
  HttpResponse (HttpRoutes::*answer)(const Call& call) const;
};

}  // namespace descent
