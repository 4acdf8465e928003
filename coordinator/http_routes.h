#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/result.h"
#include "coordinator/authenticator.h"
#include "coordinator/checkpoint_lookup.h"
#include "coordinator/http_access.h"
#include "coordinator/http_backend.h"
#include "coordinator/http_counters.h"
#include "coordinator/http_message.h"
#include "coordinator/http_pattern.h"
#include "coordinator/http_query.h"
#include "coordinator/metric_axis.h"
#include "coordinator/request_error.h"

namespace descent {

// The HTTP interface without its sockets: a request in, a response out. docs/page.md lists the
// paths; their table is in http_endpoints.cc. A parameter that a path does not have is refused with
// PARAMETER_UNKNOWN. What is answered with JSON or is an asset has an
// ETag, and 304 if the client has it already; text and JSON are packed where the client takes that.
// Changes are served if the backend makes any, and asked for in JSON alone, which no page of a
// foreign site can send. Any thread.
class HttpRoutes {
 public:
  // `authenticator`, which outlives this object, decides who sees what is not open (http_access.h):
  // 401 or 403 for the others. Where it asks for no tokens, requests are answered only if their
  // Host is localhost, 127.0.0.1, [::1] or `bound_host`: a page of a foreign site that had its name
  // resolved to this machine is kept out.
  HttpRoutes(HttpBackend backend, std::string bound_host, const Authenticator& authenticator);

  HttpResponse Handle(const HttpRequest& request) const;

  // The answer to a request whose body was not read, where nothing is served at its path with its
  // method. Nothing: the body is to be read.
  std::optional<HttpResponse> RefuseUnread(const HttpRequest& request) const;

  // The answer to what cannot be read as a request. `code` is 413, 431 or 400.
  HttpResponse RefuseUnreadable(int code, const std::string& why) const;

  // Everything that is served. What is missing here is not found.
  static std::vector<HttpRoute> Table();

  // How long the body of a request may be.
  std::uint64_t body_bytes_max() const;

 private:
  struct Call {
    const HttpRequest& request;
    std::string host;
    std::string path;
    HttpParameters parameters;
    HttpPlaces places;
    std::string job_id;  // of the places
  };
  struct Endpoint;

  static std::span<const Endpoint> Endpoints();
  static Call CallOf(const HttpRequest& request);
  // Null: the path has none, or none with this method.
  static const Endpoint* FindEndpoint(std::string_view method, Call& call);
  HttpResponse AnswerOrReport(const Endpoint* endpoint, const Call& call) const;
  HttpResponse Answer(const Endpoint* endpoint, const Call& call) const;
  // Of a call that may be made.
  HttpResponse Serve(const Endpoint& endpoint, const Call& call) const;
  bool IsServed(const Endpoint& endpoint) const;
  HttpResponse Refusal(const Call& call) const;

  HttpResponse Page(const Call& call) const;
  HttpResponse Livez(const Call& call) const;
  HttpResponse Readyz(const Call& call) const;
  HttpResponse Version(const Call& call) const;
  HttpResponse Prometheus(const Call& call) const;
  HttpResponse ClusterSummary(const Call& call) const;
  HttpResponse Pools(const Call& call) const;
  HttpResponse Workers(const Call& call) const;
  HttpResponse Jobs(const Call& call) const;
  HttpResponse OneJob(const Call& call) const;
  HttpResponse JobEvents(const Call& call) const;
  HttpResponse JobAttempts(const Call& call) const;
  HttpResponse JobCheckpoints(const Call& call) const;
  HttpResponse OneCheckpoint(const Call& call) const;
  HttpResponse OneCheckpointFile(const Call& call) const;
  HttpResponse JobMetrics(const Call& call) const;
  HttpResponse AllPoints(const Call& call) const;
  HttpResponse Curves(const Call& call, const Job& job, XAxis axis) const;
  HttpResponse CurvesAsCsv(const Call& call) const;
  std::variant<std::vector<MetricCurve>, RequestError> FindCurves(const Call& call) const;
  HttpResponse JobSchema(const Call& call) const;
  HttpResponse JobLogs(const Call& call) const;
  HttpResponse Comparison(const Call& call) const;
  HttpResponse Watch(const Call& call) const;
  HttpResponse CreateJob(const Call& call) const;
  HttpResponse CancelJob(const Call& call) const;
  HttpResponse SuspendJob(const Call& call) const;
  HttpResponse ResumeJob(const Call& call) const;
  HttpResponse Change(JobVerb verb, const Call& call) const;
  bool IsHostAllowed(const std::string& host) const;
  Result<Job> FindJob(const std::string& job_id) const;
  std::variant<FoundCheckpoint, RequestError> FindCheckpointOf(const Call& call) const;

  const std::shared_ptr<const HttpBackend> backend_;  // shared with the event streams
  const std::string bound_host_;
  const Authenticator& authenticator_;
  mutable HttpCounters counters_;
};

}  // namespace descent
