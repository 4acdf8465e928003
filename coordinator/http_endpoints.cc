#include <algorithm>
#include <utility>

#include "coordinator/http_endpoint.h"
#include "coordinator/http_response.h"

namespace descent {
namespace {

// HEAD is GET without the body.
std::string_view ServedAs(std::string_view method) { return method == "HEAD" ? "GET" : method; }

// "/v2/jobs"
bool IsOfOtherVersion(std::string_view path) {
  return path.size() > 2 && path.starts_with("/v") && '0' <= path[2] && path[2] <= '9' &&
         path.substr(0, path.find('/', 1)) != "/v1";
}

}  // namespace

std::span<const HttpRoutes::Endpoint> HttpRoutes::Endpoints() {
  using enum HttpAccess;
  static constexpr Endpoint kEndpoints[] = {
      {{"GET", "/", kOpen}, &HttpRoutes::Page},
      {{"GET", "/assets/*", kOpen}, &HttpRoutes::Page},
      {{"GET", "/livez", kOpen}, &HttpRoutes::Livez},
      {{"GET", "/readyz", kOpen, "verbose"}, &HttpRoutes::Readyz},
      {{"GET", "/healthz", kOpen, "verbose"}, &HttpRoutes::Readyz},
      {{"GET", "/schema/job.json", kOpen}, &HttpRoutes::JobSchema},
      {{"GET", "/version", kViewer}, &HttpRoutes::Version},
      {{"GET", "/metrics", kViewer}, &HttpRoutes::Prometheus},
      {{"GET", "/v1/status", kViewer}, &HttpRoutes::ClusterSummary},
      {{"GET", "/v1/pools", kViewer}, &HttpRoutes::Pools},
      {{"GET", "/v1/workers", kViewer, "page_size,page_token"}, &HttpRoutes::Workers},
      {{"GET", "/v1/jobs", kViewer, "filter,order_by,page_size,page_token"}, &HttpRoutes::Jobs},
      {{"GET", "/v1/jobs/{job}", kViewer}, &HttpRoutes::OneJob},
      {{"GET", "/v1/jobs/{job}/events", kViewer, "page_size,page_token"}, &HttpRoutes::JobEvents},
      {{"GET", "/v1/jobs/{job}/attempts", kViewer, "include_log_tails,page_size,page_token"},
       &HttpRoutes::JobAttempts},
      {{"GET", "/v1/jobs/{job}/checkpoints", kViewer, "page_size,page_token"},
       &HttpRoutes::JobCheckpoints},
      {{"GET", "/v1/jobs/{job}/checkpoints/{checkpoint}", kViewer}, &HttpRoutes::OneCheckpoint},
      {{"GET", "/v1/jobs/{job}/checkpoints/{checkpoint}/files/{file}", kViewer},
       &HttpRoutes::OneCheckpointFile},
      {{"GET", "/v1/jobs/{job}/metrics", kViewer, "format,max_points,names,x_axis"},
       &HttpRoutes::JobMetrics},
      {{"GET", "/v1/jobs/{job}/logs", kViewer,
        "attempt,contains,format,min_severity,rank,ranks,resume_token,source,tail"},
       &HttpRoutes::JobLogs},
      {{"GET", "/v1/metrics:compare", kViewer, "jobs,names"}, &HttpRoutes::Comparison},
      {{"GET", "/v1/watch", kViewer, "cursor,filter,topics"}, &HttpRoutes::Watch},
      {{"POST", "/v1/jobs", kUser}, &HttpRoutes::CreateJob},
      {{"POST", "/v1/jobs/{job}:cancel", kUser}, &HttpRoutes::CancelJob},
      {{"POST", "/v1/jobs/{job}:suspend", kUser}, &HttpRoutes::SuspendJob},
      {{"POST", "/v1/jobs/{job}:resume", kUser}, &HttpRoutes::ResumeJob},
  };
  return kEndpoints;
}

std::vector<HttpRoute> HttpRoutes::Table() {
  std::vector<HttpRoute> table;
  for (const Endpoint& endpoint : Endpoints()) table.push_back(endpoint.route);
  return table;
}

const HttpRoutes::Endpoint* HttpRoutes::FindEndpoint(std::string_view method, Call& call) {
  for (const Endpoint& endpoint : Endpoints()) {
    if (endpoint.route.method != ServedAs(method)) continue;
    std::optional<HttpPlaces> places = MatchPattern(endpoint.route.pattern, call.path);
    if (!places) continue;
    call.places = *std::move(places);
    if (const auto job = call.places.find("job"); job != call.places.end())
      call.job_id = job->second;
    return &endpoint;
  }
  return nullptr;
}

bool HttpRoutes::IsServed(const Endpoint& endpoint) const {
  return endpoint.route.access != HttpAccess::kUser || backend_->change != nullptr;
}

// What is said where no endpoint is served at the path with the request's method.
HttpResponse HttpRoutes::Refusal(const Call& call) const {
  const std::string& method = call.request.method;
  std::string allowed;
  bool is_known = false;
  bool is_switched_off = false;
  for (const Endpoint& endpoint : Endpoints()) {
    if (!MatchPattern(endpoint.route.pattern, call.path)) continue;
    is_known = true;
    if (!IsServed(endpoint)) {
      is_switched_off = is_switched_off || endpoint.route.method == method;
      continue;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(endpoint.route.method);
    if (endpoint.route.method == "GET") allowed += ", HEAD";
  }
  if (!is_known && IsOfOtherVersion(call.path))
    return ErrorResponse(501, "UNIMPLEMENTED", "this coordinator serves version v1 alone",
                         "API_VERSION_UNSUPPORTED");
  if (!is_known) return PathNotFound(call.path);
  HttpResponse response =
      is_switched_off
          ? ErrorResponse(
                405, "UNIMPLEMENTED",
                "this coordinator serves no changes over HTTP: use gRPC, or start it with "
                "--http-writes",
                "FEATURE_DISABLED")
          : ErrorResponse(405, "UNIMPLEMENTED", method + " is not served at " + call.path,
                          "METHOD_NOT_ALLOWED");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace descent
