#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/cluster_snapshot.h"
#include "coordinator/metric_store.h"
#include "coordinator/process_facts.h"

namespace descent {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // "/v1/jobs?page_size=10"
  std::string host;    // the Host header; empty: absent
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// What the pages show, asked anew for each request. The functions may block.
struct HttpBackend {
  std::function<Result<ClusterSnapshot>()> snapshot;
  std::function<Result<std::vector<MetricCurve>>(const MetricQuery&)> metrics;
  std::function<Status()> readiness;
  std::function<ProcessFacts()> process;
};

// The HTTP interface without its sockets: a request in, a response out. Read-only.
//   /  /assets/*                                   the live page
//   /livez  /readyz[?verbose]  /healthz  /version  text and JSON for probes
//   /metrics                                       Prometheus text
//   /v1/status  /v1/jobs  /v1/jobs/{job}  /v1/jobs/{job}/metrics?names=…&max_points=…   JSON
// Errors are {"error":{"code","status","message","details"}}.
class HttpRoutes {
 public:
  // Requests are answered only if their Host is localhost, 127.0.0.1, [::1] or `bound_host`: a page
  // of a foreign site that had its name resolved to this machine is kept out.
  HttpRoutes(HttpBackend backend, std::string bound_host);

  HttpResponse Handle(const HttpRequest& request) const;

 private:
  using Parameters = std::map<std::string, std::string>;

  HttpResponse Route(const std::string& path, const Parameters& parameters) const;
  HttpResponse Readyz(const Parameters& parameters) const;
  HttpResponse Snapshot(const std::string& path, const Parameters& parameters) const;
  HttpResponse Jobs(const ClusterSnapshot& snapshot, const Parameters& parameters) const;
  HttpResponse JobPage(const ClusterSnapshot& snapshot, const std::string& rest,
                       const Parameters& parameters) const;
  HttpResponse Metrics(const std::string& job_id, const Parameters& parameters) const;
  bool IsHostAllowed(const std::string& host) const;

  const HttpBackend backend_;
  const std::string bound_host_;
};

}  // namespace descent
