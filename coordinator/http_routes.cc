#include "coordinator/http_routes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "coordinator/http_access.h"
#include "coordinator/http_response.h"
#include "coordinator/http_watch.h"
#include "coordinator/job_view.h"
#include "coordinator/page/page.h"
#include "coordinator/prometheus.h"
#include "coordinator/status_json.h"

namespace descent {

struct HttpRoutes::Endpoint {
  std::string_view pattern;  // {job} stands for a job's id
  HttpResponse (HttpRoutes::*answer)(const Call& call) const;
};

namespace {

constexpr char kPrometheusType[] = "text/plain; version=0.0.4; charset=utf-8";

// Everything the page needs comes from this server, and nothing may embed it. The library of the
// charts sets the style attributes of its elements.
constexpr char kContentPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::optional<HttpResponse> PageAsset(const std::string& path) {
  for (const PageFile& file : PageFiles()) {
    if (file.path != path) continue;
    HttpResponse response{200, std::string(file.content_type), std::string(file.content)};
    response.headers = {{"Content-Security-Policy", kContentPolicy}};
    response.entity_tag = Fingerprint(file.content);
    return response;
  }
  return std::nullopt;
}

// "localhost:8080" is "localhost", "[::1]:8080" is "[::1]".
std::string WithoutPort(const std::string& host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  if (colon == std::string::npos) return host;
  if (bracket != std::string::npos && colon < bracket) return host;
  return host.substr(0, colon);
}

// The job's id, or empty where the pattern names none; null: the path is another one.
std::optional<std::string> Match(std::string_view pattern, std::string_view path) {
  constexpr std::string_view kPlace = "{job}";
  const std::size_t place = pattern.find(kPlace);
  if (place == std::string_view::npos)
    return path == pattern ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = pattern.substr(0, place);
  const std::string_view after = pattern.substr(place + kPlace.size());
  if (path.size() <= before.size() + after.size()) return std::nullopt;
  if (!path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  if (path.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(path);
}

// What the client has already need not be sent again.
HttpResponse WithEntityTag(HttpResponse response, const HttpRequest& request) {
  if (response.entity_tag.empty()) return response;
  const std::string tag = '"' + response.entity_tag + '"';
  response.headers.emplace_back("ETag", tag);
  if (request.if_none_match.find(tag) == std::string::npos) return response;
  response.status = 304;
  response.body.clear();
  return response;
}

// Events for as long as the token that asked for them is good.
class EventsOfCaller final : public HttpEvents {
 public:
  EventsOfCaller(std::unique_ptr<HttpEvents> events, const Authenticator& authenticator,
                 Caller caller)
      : events_(std::move(events)), authenticator_(authenticator), caller_(std::move(caller)) {}

  std::string Next() override { return events_->Next(); }
  bool IsOver() const override {
    return authenticator_.CheckAgain(caller_, SecondsOfCalendar()).has_value();
  }

 private:
  const std::unique_ptr<HttpEvents> events_;
  const Authenticator& authenticator_;
  const Caller caller_;
};

}  // namespace

HttpRoutes::HttpRoutes(HttpBackend backend, std::string bound_host,
                       const Authenticator& authenticator)
    : backend_(std::make_shared<const HttpBackend>(std::move(backend))),
      bound_host_(std::move(bound_host)),
      authenticator_(authenticator) {}

HttpResponse HttpRoutes::Handle(const HttpRequest& request) const {
  if (!IsHostAllowed(request.host))
    return ErrorResponse(403, "PERMISSION_DENIED",
                         "Host \"" + request.host + "\" is not a name of this server",
                         "HOST_NOT_ALLOWED");
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = ErrorResponse(405, "UNIMPLEMENTED",
                                          request.method +
                                              " is not served here; use gRPC to change "
                                              "anything",
                                          "METHOD_NOT_ALLOWED");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  const std::string_view target = request.target;
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  const std::string path = PercentDecode(target.substr(0, question));
  const HttpRoute* const route = FindHttpRoute(path);
  if (route == nullptr) return PathNotFound(path);
  if (route->access == HttpAccess::kOpen)
    return WithEntityTag(Route({request, path, ParseQuery(query), ""}), request);
  auto admitted = authenticator_.Admit(request.authorization, Role::kViewer, SecondsOfCalendar());
  if (const auto* error = std::get_if<AccessError>(&admitted)) return ErrorResponse(*error);
  HttpResponse response = Route({request, path, ParseQuery(query), ""});
  if (response.events != nullptr)
    response.events = std::make_unique<EventsOfCaller>(std::move(response.events), authenticator_,
                                                       std::get<Caller>(std::move(admitted)));
  return WithEntityTag(std::move(response), request);
}

HttpResponse HttpRoutes::Route(Call call) const {
  static constexpr Endpoint kEndpoints[] = {
      {"/livez", &HttpRoutes::Livez},
      {"/readyz", &HttpRoutes::Readyz},
      {"/healthz", &HttpRoutes::Readyz},
      {"/version", &HttpRoutes::Version},
      {"/metrics", &HttpRoutes::Prometheus},
      {"/v1/status", &HttpRoutes::ClusterSummary},
      {"/v1/pools", &HttpRoutes::Pools},
      {"/v1/workers", &HttpRoutes::Pools},
      {"/v1/jobs", &HttpRoutes::Jobs},
      {"/v1/jobs/{job}/events", &HttpRoutes::JobEvents},
      {"/v1/jobs/{job}/attempts", &HttpRoutes::JobAttempts},
      {"/v1/jobs/{job}/checkpoints", &HttpRoutes::JobCheckpoints},
      {"/v1/jobs/{job}/metrics", &HttpRoutes::JobMetrics},
      {"/v1/jobs/{job}/logs", &HttpRoutes::JobLogs},
      {"/v1/jobs/{job}", &HttpRoutes::OneJob},
      {"/v1/metrics:compare", &HttpRoutes::Comparison},
      {"/v1/watch", &HttpRoutes::Watch},
  };
  if (auto asset = PageAsset(call.path)) return *std::move(asset);
  for (const Endpoint& endpoint : kEndpoints) {
    std::optional<std::string> job_id = Match(endpoint.pattern, call.path);
    if (!job_id) continue;
    call.job_id = *std::move(job_id);
    return (this->*endpoint.answer)(call);
  }
  return PathNotFound(call.path);
}

HttpResponse HttpRoutes::Livez(const Call&) const { return {200, kTextType, "ok\n"}; }

HttpResponse HttpRoutes::Readyz(const Call& call) const {
  const Status ready = backend_->readiness();
  const int code = ready.ok() ? 200 : 503;
  if (!call.parameters.contains("verbose"))
    return {code, kTextType, (ready.ok() ? "ok" : ready.message()) + "\n"};
  std::string body = ready.ok() ? "[+] state store and event loop ok\n"
                                : "[-] state store and event loop: " + ready.message() + "\n";
  const std::int64_t free_bytes = backend_->process().disk_free_bytes;
  body += "[+] disk free: " + std::to_string(free_bytes >> 20) + " MiB\n";
  return {code, kTextType, body + (ready.ok() ? "ready\n" : "not ready\n")};
}

HttpResponse HttpRoutes::Version(const Call&) const {
  const nlohmann::json version = {{"version", DESCENT_VERSION}, {"api_versions", {"v1"}}};
  return {200, kJsonType, version.dump()};
}

HttpResponse HttpRoutes::Prometheus(const Call&) const {
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  return {200, kPrometheusType,
          PrometheusText(snapshot.value(), backend_->process(), backend_->logs->counters(),
                         backend_->calls())};
}

HttpResponse HttpRoutes::ClusterSummary(const Call&) const {
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  return {200, kJsonType,
          StatusJson(snapshot.value(), backend_->process(), backend_->readiness().ok())};
}

HttpResponse HttpRoutes::Pools(const Call&) const {
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  v1::ClusterStatus status;
  for (const PoolView& pool : snapshot.value().pools)
    *status.add_pools() = ToProto(pool, snapshot.value().now);
  return JsonResponse(status);
}

HttpResponse HttpRoutes::Watch(const Call& call) const {
  const std::string& last_seen = call.request.last_event_id;
  auto events =
      StartWatch(backend_, ListParameter(call.parameters, "topics"),
                 last_seen.empty() ? TextParameter(call.parameters, "cursor") : last_seen);
  if (const auto* error = std::get_if<RequestError>(&events)) return ErrorResponse(*error);
  HttpResponse response{200, "text/event-stream; charset=utf-8", ""};
  response.events = std::get<std::unique_ptr<HttpEvents>>(std::move(events));
  return response;
}

bool HttpRoutes::IsHostAllowed(const std::string& host) const {
  if (authenticator_.admission() == Admission::kTokens) return true;
  const std::string name = WithoutPort(host);
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name == bound_host_ ||
         name == "[" + bound_host_ + "]";
}

}  // namespace descent
