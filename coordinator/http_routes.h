#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "coordinator/authenticator.h"
#include "coordinator/http_backend.h"
#include "coordinator/http_message.h"
#include "coordinator/http_query.h"

namespace descent {

// The HTTP interface without its sockets: a request in, a response out. Read-only. docs/page.md
// lists the paths; their table is at the top of http_routes.cc. What is answered with JSON or is an
// asset has an ETag, and 304 if the client has it already. Any thread.
class HttpRoutes {
 public:
  // `authenticator`, which outlives this object, decides who sees what is not open (http_access.h):
  // 401 or 403 for the others. Where it asks for no tokens, requests are answered only if their
  // Host is localhost, 127.0.0.1, [::1] or `bound_host`: a page of a foreign site that had its name
  // resolved to this machine is kept out.
  HttpRoutes(HttpBackend backend, std::string bound_host, const Authenticator& authenticator);

  HttpResponse Handle(const HttpRequest& request) const;

 private:
  struct Call {
    const HttpRequest& request;
    std::string path;
    HttpParameters parameters;
    std::string job_id;  // in the path's place of {job}
  };
  struct Endpoint;

  HttpResponse Route(Call call) const;
  HttpResponse Livez(const Call& call) const;
  HttpResponse Readyz(const Call& call) const;
  HttpResponse Version(const Call& call) const;
  HttpResponse Prometheus(const Call& call) const;
  HttpResponse ClusterSummary(const Call& call) const;
  HttpResponse Pools(const Call& call) const;
  HttpResponse Jobs(const Call& call) const;
  HttpResponse OneJob(const Call& call) const;
  HttpResponse JobEvents(const Call& call) const;
  HttpResponse JobAttempts(const Call& call) const;
  HttpResponse JobCheckpoints(const Call& call) const;
  HttpResponse JobMetrics(const Call& call) const;
  HttpResponse JobLogs(const Call& call) const;
  HttpResponse Comparison(const Call& call) const;
  HttpResponse Watch(const Call& call) const;
  bool IsHostAllowed(const std::string& host) const;

  const std::shared_ptr<const HttpBackend> backend_;  // shared with the event streams
  const std::string bound_host_;
  const Authenticator& authenticator_;
};

}  // namespace descent
