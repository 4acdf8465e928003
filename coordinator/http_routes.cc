#include "coordinator/http_routes.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "coordinator/job_view.h"
#include "coordinator/page/page.h"
#include "coordinator/prometheus.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"
#include "coordinator/status_json.h"

namespace descent {
namespace {

constexpr char kJson[] = "application/json; charset=utf-8";
constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kPrometheus[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr int kPointsDefault = 500;
constexpr int kPointsMax = 10000;

// Everything the page needs comes from this server, and nothing may embed it.
constexpr char kContentPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

int HttpCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kFailedPrecondition:
      return 412;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

HttpResponse ErrorResponse(int code, std::string_view status, std::string_view message,
                           std::string_view reason) {
  const nlohmann::json body = {{"error",
                                {{"code", code},
                                 {"status", status},
                                 {"message", message},
                                 {"details", {{{"reason", reason}, {"domain", "descent.dev"}}}}}}};
  return {code, kJson, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), {}};
}

HttpResponse ErrorResponse(const Status& status, std::string_view reason) {
  return ErrorResponse(HttpCodeOf(status.code()), GrpcCodeName(status.code()), status.message(),
                       reason);
}

HttpResponse ErrorResponse(const Status& status) {
  return ErrorResponse(status, GrpcCodeName(status.code()));
}

HttpResponse NotFound(const std::string& path) {
  return ErrorResponse(Status(Code::kNotFound, "there is nothing at " + path), "PATH_NOT_FOUND");
}

HttpResponse JsonResponse(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  HttpResponse response{200, kJson, "", {}};
  const auto status = google::protobuf::util::MessageToJsonString(message, &response.body, options);
  if (!status.ok()) return ErrorResponse(Status(Code::kInternal, status.ToString()));
  return response;
}

// Undoes percent-encoding; a malformed escape stands for itself.
std::string Decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::map<std::string, std::string> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> parameters;
  for (const std::string_view pair : Split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    parameters[Decode(pair.substr(0, equals))] = Decode(value);
  }
  return parameters;
}

// The parameter, or `fallback` if it is absent; kInvalidArgument if it is no number in the range.
Result<int> IntegerParameter(const std::map<std::string, std::string>& parameters,
                             const std::string& name, int fallback, int value_max) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return fallback;
  int value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto parsed = std::from_chars(found->second.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < 1 || value > value_max)
    return Status(Code::kInvalidArgument, name + " is \"" + found->second + "\", must be 1 to " +
                                              std::to_string(value_max));
  return value;
}

std::optional<HttpResponse> PageAsset(const std::string& path) {
  for (const PageFile& file : PageFiles()) {
    if (file.path != path) continue;
    return HttpResponse{200,
                        std::string(file.content_type),
                        std::string(file.content),
                        {{"Content-Security-Policy", kContentPolicy}}};
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

}  // namespace

HttpRoutes::HttpRoutes(HttpBackend backend, std::string bound_host)
    : backend_(std::move(backend)), bound_host_(std::move(bound_host)) {}

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
  const std::size_t question = std::min(request.target.find('?'), request.target.size());
  const std::string path = Decode(request.target.substr(0, question));
  const std::string_view target = request.target;
  return Route(path, ParseQuery(target.substr(std::min(question + 1, target.size()))));
}

HttpResponse HttpRoutes::Route(const std::string& path, const Parameters& parameters) const {
  if (const auto asset = PageAsset(path)) return *asset;
  if (path == "/livez") return {200, kText, "ok\n", {}};
  if (path == "/readyz" || path == "/healthz") return Readyz(parameters);
  if (path == "/version") {
    const nlohmann::json version = {{"version", DESCENT_VERSION}, {"api_versions", {"v1"}}};
    return {200, kJson, version.dump(), {}};
  }
  if (path == "/metrics" || path.starts_with("/v1/")) return Snapshot(path, parameters);
  return NotFound(path);
}

HttpResponse HttpRoutes::Readyz(const Parameters& parameters) const {
  const Status ready = backend_.readiness();
  const int code = ready.ok() ? 200 : 503;
  if (!parameters.contains("verbose"))
    return {code, kText, (ready.ok() ? "ok" : ready.message()) + "\n", {}};
  std::string body = ready.ok() ? "[+] state store and event loop ok\n"
                                : "[-] state store and event loop: " + ready.message() + "\n";
  const std::int64_t free_bytes = backend_.process().disk_free_bytes;
  body += "[+] disk free: " + std::to_string(free_bytes >> 20) + " MiB\n";
  return {code, kText, body + (ready.ok() ? "ready\n" : "not ready\n"), {}};
}

HttpResponse HttpRoutes::Snapshot(const std::string& path, const Parameters& parameters) const {
  constexpr std::string_view kJobPrefix = "/v1/jobs/";
  const Result<ClusterSnapshot> snapshot = backend_.snapshot();
  if (!snapshot.ok()) return ErrorResponse(snapshot.status());
  if (path == "/metrics")
    return {200, kPrometheus, PrometheusText(snapshot.value(), backend_.process()), {}};
  if (path == "/v1/status")
    return {200,
            kJson,
            StatusJson(snapshot.value(), backend_.process(), backend_.readiness().ok()),
            {}};
  if (path == "/v1/jobs") return Jobs(snapshot.value(), parameters);
  if (path.starts_with(kJobPrefix))
    return JobPage(snapshot.value(), path.substr(kJobPrefix.size()), parameters);
  return NotFound(path);
}

HttpResponse HttpRoutes::Jobs(const ClusterSnapshot& snapshot, const Parameters& parameters) const {
  v1::ListJobsRequest request;
  const Result<int> page_size = IntegerParameter(parameters, "page_size", 0, 1000);
  if (!page_size.ok()) return ErrorResponse(page_size.status());
  request.set_page_size(page_size.value());
  if (const auto token = parameters.find("page_token"); token != parameters.end())
    request.set_page_token(token->second);
  const Result<v1::ListJobsResponse> page = ListJobsPage(request, snapshot);
  if (!page.ok()) return ErrorResponse(page.status());
  return JsonResponse(page.value());
}

HttpResponse HttpRoutes::JobPage(const ClusterSnapshot& snapshot, const std::string& rest,
                                 const Parameters& parameters) const {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string job_id = rest.substr(0, slash);
  const std::string part = rest.substr(slash);
  const auto job = std::find_if(snapshot.jobs.begin(), snapshot.jobs.end(),
                                [&](const Job& known) { return known.id == job_id; });
  if (job == snapshot.jobs.end())
    return ErrorResponse(Status(Code::kNotFound, JobName(job_id) + " does not exist"),
                         "JOB_NOT_FOUND");
  if (part == "/metrics") return Metrics(job_id, parameters);
  if (!part.empty()) return NotFound("/v1/jobs/" + rest);
  const auto queued = snapshot.queue.find(job_id);
  return JsonResponse(
      ToProto(*job, queued == snapshot.queue.end() ? std::nullopt : std::optional(queued->second)));
}

HttpResponse HttpRoutes::Metrics(const std::string& job_id, const Parameters& parameters) const {
  MetricQuery query;
  query.job_id = job_id;
  const Result<int> points_max =
      IntegerParameter(parameters, "max_points", kPointsDefault, kPointsMax);
  if (!points_max.ok()) return ErrorResponse(points_max.status());
  query.points_max = points_max.value();
  if (const auto names = parameters.find("names"); names != parameters.end())
    for (const std::string_view name : Split(names->second, ',')) query.names.emplace_back(name);
  const Result<std::vector<MetricCurve>> curves = backend_.metrics(query);
  if (!curves.ok()) return ErrorResponse(curves.status());
  return JsonResponse(ToProto(curves.value()));
}

bool HttpRoutes::IsHostAllowed(const std::string& host) const {
  const std::string name = WithoutPort(host);
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name == bound_host_ ||
         name == "[" + bound_host_ + "]";
}

}  // namespace descent
