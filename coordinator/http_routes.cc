#include "coordinator/http_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/clock.h"
#include "common/limits.h"
#include "coordinator/build_facts.h"
#include "coordinator/dropped_versions.h"
#include "coordinator/http_accept.h"
#include "coordinator/http_endpoint.h"
#include "coordinator/http_gzip.h"
#include "coordinator/http_response.h"
#include "coordinator/http_watch.h"
#include "coordinator/incident.h"
#include "coordinator/job_view.h"
#include "coordinator/page/page.h"
#include "coordinator/prometheus.h"
#include "coordinator/status_json.h"
#include "proto/job_schema.h"

namespace descent {
namespace {

// The largest job file with its overrides, each byte of which may be written as two in JSON.
constexpr std::uint64_t kBodyBytesMax = 4 * limits::kJobFileBytesMax + (64 << 10);
constexpr std::uint64_t kIgnoredBodyBytesMax = 64 << 10;  // read only to be refused politely

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

// What a request asks of whom. A target may name the host itself, as in "http://localhost/livez",
// which then counts and not the header. Source: RFC 9112, 3.2.2.
struct Target {
  std::string host;
  std::string path;
  std::string query;
};

Target TargetOf(const HttpRequest& request) {
  std::string host = request.host;
  std::string_view rest = request.target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!rest.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    host = std::string(rest.substr(0, end));
    rest.remove_prefix(end);
    break;
  }
  const std::size_t question = std::min(rest.find('?'), rest.size());
  return {std::move(host), question == 0 ? "/" : PercentDecode(rest.substr(0, question)),
          std::string(rest.substr(std::min(question + 1, rest.size())))};
}

// What the client has already need not be sent again. The tag is the same for both answers.
HttpResponse WithEntityTag(HttpResponse response, const HttpRequest& request, bool is_packed) {
  if (response.entity_tag.empty()) return response;
  const std::string tag = '"' + response.entity_tag + '"';
  response.headers.emplace_back("ETag", is_packed ? "W/" + tag : tag);
  if (request.if_none_match.find(tag) == std::string::npos) return response;
  response.status = 304;
  response.body.clear();
  response.pieces.reset();
  return response;
}

// Events for as long as the token that asked for them is good.
class EventsOfCaller final : public HttpEvents {
 public:
  EventsOfCaller(std::unique_ptr<HttpEvents> events, const Authenticator& authenticator,
                 Caller caller)
      : events_(std::move(events)), authenticator_(authenticator), caller_(std::move(caller)) {}

  std::string Next() override {
    try {
      return events_->Next();
    } catch (...) {
      ReportIncident(StatusOfThrown());
      is_broken_ = true;
      return "";
    }
  }
  bool IsOver() const override {
    return is_broken_ || authenticator_.CheckAgain(caller_, SecondsSinceEpoch()).has_value();
  }

 private:
  const std::unique_ptr<HttpEvents> events_;
  const Authenticator& authenticator_;
  const Caller caller_;
  bool is_broken_ = false;
};

// A body for as long as the token that asked for it is good.
class BodyOfCaller final : public HttpBody {
 public:
  BodyOfCaller(std::unique_ptr<HttpBody> body, const Authenticator& authenticator, Caller caller)
      : body_(std::move(body)), authenticator_(authenticator), caller_(std::move(caller)) {}

  std::optional<std::int64_t> size() const override { return body_->size(); }
  Result<std::string> Next() override {
    if (const auto error = authenticator_.CheckAgain(caller_, SecondsSinceEpoch()))
      return Status(Code::kFailedPrecondition, error->message);
    try {
      return body_->Next();
    } catch (...) {
      return ReportIncident(StatusOfThrown()).status;
    }
  }

 private:
  const std::unique_ptr<HttpBody> body_;
  const Authenticator& authenticator_;
  const Caller caller_;
};

// As everybody may know it; the log has the store's own words.
RuntimeHealth WithoutDetails(RuntimeHealth health) {
  const Code code = health.store.code();
  if (!health.store.ok())
    health.store =
        Status(code, code == Code::kResourceExhausted ? "the disk of the state store is full"
                                                      : "the state store cannot be written now");
  return health;
}

// A line of /readyz?verbose.
std::string Check(std::string_view what, const Status& status, std::string_view if_ok) {
  return status.ok() ? fmt::format("[+] {}: {}\n", what, if_ok)
                     : fmt::format("[-] {}: {}\n", what, status.message());
}

// Caches keep an answer for those requests alone whose `header` is the same.
void AddVary(const std::string& header, HttpResponse& response) {
  for (auto& [name, value] : response.headers)
    if (name == "Vary") {
      value += ", " + header;
      return;
    }
  response.headers.emplace_back("Vary", header);
}

HttpResponse Finish(HttpResponse response, const HttpRequest& request) {
  const bool is_packable = IsPackable(response);
  if (is_packable) AddVary("Accept-Encoding", response);
  const bool is_packed =
      is_packable && IsWorthPacking(response) && AcceptsGzip(request.accept_encoding);
  response = WithEntityTag(std::move(response), request, is_packed);
  if (is_packed && response.status != 304) Pack(response);
  return response;
}

// Clients may send any word as the method: there are not to be as many series.
std::string MethodLabel(const std::string& method) {
  constexpr std::string_view kKnown[] = {"GET", "HEAD", "POST"};
  return std::ranges::find(kKnown, method) == std::end(kKnown) ? "other" : method;
}

}  // namespace

HttpRoutes::HttpRoutes(HttpBackend backend, std::string bound_host,
                       const Authenticator& authenticator)
    : backend_(std::make_shared<const HttpBackend>(std::move(backend))),
      bound_host_(std::move(bound_host)),
      authenticator_(authenticator) {}

std::uint64_t HttpRoutes::body_bytes_max() const {
  return backend_->change ? kBodyBytesMax : kIgnoredBodyBytesMax;
}

HttpRoutes::Call HttpRoutes::CallOf(const HttpRequest& request) {
  Target target = TargetOf(request);
  return {request, std::move(target.host), std::move(target.path), ParseQuery(target.query), {},
          ""};
}

HttpResponse HttpRoutes::Handle(const HttpRequest& request) const {
  const MonotonicTime start = MonotonicNow();
  Call call = CallOf(request);
  const Endpoint* const endpoint = FindEndpoint(request.method, call);
  HttpResponse response = Finish(AnswerOrReport(endpoint, call), request);
  counters_.Add({endpoint == nullptr ? "none" : std::string(endpoint->route.pattern),
                 MethodLabel(request.method), std::to_string(response.status)},
                SecondsBetween(start, MonotonicNow()));
  return response;
}

std::optional<HttpResponse> HttpRoutes::RefuseUnread(const HttpRequest& request) const {
  Call call = CallOf(request);
  const Endpoint* const endpoint = FindEndpoint(request.method, call);
  if (endpoint != nullptr && IsServed(*endpoint)) return std::nullopt;
  return Handle(request);
}

HttpResponse HttpRoutes::RefuseUnreadable(int code, const std::string& why) const {
  counters_.Add({"none", MethodLabel(""), std::to_string(code)}, 0);
  const std::string reason = code == 413   ? "BODY_TOO_LARGE"
                             : code == 431 ? "HEADER_TOO_LARGE"
                                           : "REQUEST_MALFORMED";
  return ErrorResponse(code, "INVALID_ARGUMENT", "the request cannot be read: " + why, reason);
}

// What throws is an error of ours, and the end of this one request.
HttpResponse HttpRoutes::AnswerOrReport(const Endpoint* endpoint, const Call& call) const {
  try {
    return Answer(endpoint, call);
  } catch (...) {
    return ErrorResponse(StatusOfThrown());
  }
}

HttpResponse HttpRoutes::Answer(const Endpoint* endpoint, const Call& call) const {
  const HttpRequest& request = call.request;
  if (!IsHostAllowed(call.host))
    return ErrorResponse(403, "PERMISSION_DENIED",
                         "Host \"" + call.host + "\" is not a name of this server",
                         "HOST_NOT_ALLOWED");
  if (endpoint == nullptr || !IsServed(*endpoint)) return Refusal(call);
  const HttpAccess access = endpoint->route.access;
  if (access == HttpAccess::kOpen) return Serve(*endpoint, call);
  if (backend_->health().is_stopping) return ErrorResponse(ServerDraining());
  const Role required = access == HttpAccess::kUser ? Role::kUser : Role::kViewer;
  auto admitted = authenticator_.Admit(request.authorization, required, SecondsSinceEpoch());
  if (const auto* error = std::get_if<AccessError>(&admitted)) return ErrorResponse(*error);
  HttpResponse response = Serve(*endpoint, call);
  const Caller& caller = std::get<Caller>(admitted);
  if (response.events != nullptr)
    response.events =
        std::make_unique<EventsOfCaller>(std::move(response.events), authenticator_, caller);
  if (response.pieces != nullptr)
    response.pieces =
        std::make_unique<BodyOfCaller>(std::move(response.pieces), authenticator_, caller);
  return response;
}

HttpResponse HttpRoutes::Serve(const Endpoint& endpoint, const Call& call) const {
  if (const auto error = FindUnknownParameter(call.parameters, endpoint.route.parameters))
    return ErrorResponse(*error);
  return (this->*endpoint.answer)(call);
}

Result<Job> HttpRoutes::FindJob(const std::string& job_id) const {
  DESCENT_ASSIGN(JobInQueue found, backend_->job(job_id));
  return std::move(found.job);
}

HttpResponse HttpRoutes::Page(const Call& call) const {
  auto asset = PageAsset(call.path);
  return asset ? *std::move(asset) : PathNotFound(call.path);
}

HttpResponse HttpRoutes::Livez(const Call&) const { return {200, kTextType, "ok\n"}; }

HttpResponse HttpRoutes::Readyz(const Call& call) const {
  const RuntimeHealth health = WithoutDetails(backend_->health());
  const Status ready = health.Overall();
  const int code = ready.ok() ? 200 : 503;
  if (!call.parameters.contains("verbose"))
    return {code, kTextType, (ready.ok() ? "ok" : ready.message()) + "\n"};
  std::string body = Check("state store", health.store, "writable") +
                     Check("event loop", health.Loop(),
                           fmt::format("came round {:.1f} s ago", health.cycle_age_seconds)) +
                     Check("disk", Status(),
                           fmt::format("{} MiB free", backend_->process().disk_free_bytes >> 20));
  return {code, kTextType, body + (ready.ok() ? "ready\n" : "not ready\n")};
}

HttpResponse HttpRoutes::Version(const Call&) const {
  const nlohmann::json version = {{"version", DESCENT_VERSION},
                                  {"commit", kBuildFacts.commit},
                                  {"api_versions", nlohmann::json::array({"v1"})},
                                  {"mpi", kBuildFacts.mpi},
                                  {"cuda", kBuildFacts.cuda},
                                  {"nccl", kBuildFacts.nccl}};
  HttpResponse response{200, kJsonType, version.dump()};
  response.entity_tag = Fingerprint(response.body);
  return response;
}

HttpResponse HttpRoutes::JobSchema(const Call&) const {
  static const std::string schema = JobFileSchema();
  HttpResponse response{200, kJsonType, schema};
  response.entity_tag = Fingerprint(schema);
  return response;
}

HttpResponse HttpRoutes::Prometheus(const Call& call) const {
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  const ExpositionFormat format = PrefersOpenMetrics(call.request.accept)
                                      ? ExpositionFormat::kOpenMetrics
                                      : ExpositionFormat::kPrometheus;
  const ProcessMeasurements process{
      backend_->process(),  backend_->logs->counters(),
      backend_->calls(),    counters_.Read(),
      backend_->webhooks(), {.http_watches = OpenWatches(), .dropped_versions = dropped_versions}};
  HttpResponse response{200, std::string(ContentTypeOf(format)),
                        PrometheusText(snapshot.value(), process, format)};
  AddVary("Accept", response);
  return response;
}

HttpResponse HttpRoutes::ClusterSummary(const Call&) const {
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  return {200, kJsonType,
          StatusJson(snapshot.value(), backend_->process(), backend_->health().Overall().ok())};
}

HttpResponse HttpRoutes::Pools(const Call&) const {
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  v1::ListPoolsResponse response;
  for (const PoolView& pool : snapshot.value().pools)
    *response.add_pools() = ToProto(pool, snapshot.value().now);
  return JsonResponse(response);
}

HttpResponse HttpRoutes::Workers(const Call& call) const {
  v1::ListWorkersRequest request;
  if (const Status read = ReadPageParameters(call.parameters, request); !read.ok())
    return ErrorResponse(read);
  const Result<ClusterSnapshot> snapshot = backend_->snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  const auto page = ListWorkersPage(request, snapshot.value().pools, snapshot.value().now);
  if (const auto* error = std::get_if<RequestError>(&page)) return ErrorResponse(*error);
  return JsonResponse(std::get<v1::ListWorkersResponse>(page));
}

HttpResponse HttpRoutes::Watch(const Call& call) const {
  const std::string& last_seen = call.request.last_event_id;
  auto events = StartWatch(
      backend_,
      {.topics = ListParameter(call.parameters, "topics"),
       .filter = TextParameter(call.parameters, "filter"),
       .cursor = last_seen.empty() ? TextParameter(call.parameters, "cursor") : last_seen});
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
