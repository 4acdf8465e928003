#include "coordinator/http_access.h"

#include <algorithm>

namespace descent {
namespace {

constexpr HttpRoute kRoutes[] = {
    {"/", HttpAccess::kOpen},          {"/assets/*", HttpAccess::kOpen},
    {"/livez", HttpAccess::kOpen},     {"/readyz", HttpAccess::kOpen},
    {"/healthz", HttpAccess::kOpen},   {"/version", HttpAccess::kViewer},
    {"/metrics", HttpAccess::kViewer}, {"/v1/*", HttpAccess::kViewer},
};

bool Matches(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with('*')) return path == pattern;
  return path.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

std::span<const HttpRoute> HttpRouteTable() { return kRoutes; }

const HttpRoute* FindHttpRoute(std::string_view path) {
  const auto* const found = std::ranges::find_if(
      kRoutes, [&](const HttpRoute& route) { return Matches(route.path, path); });
  return found == std::end(kRoutes) ? nullptr : found;
}

}  // namespace descent
