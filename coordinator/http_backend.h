#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/call_counters.h"
#include "coordinator/cluster_snapshot.h"
#include "coordinator/event_log.h"
#include "coordinator/http_message.h"
#include "coordinator/log_store.h"
#include "coordinator/metric_rows.h"
#include "coordinator/metric_store.h"
#include "coordinator/process_facts.h"
#include "coordinator/runtime.h"
#include "coordinator/webhooks.h"

namespace descent {

// What HTTP shows, asked anew for each request. The functions may block; any thread.
struct HttpBackend {
  std::function<Result<ClusterSnapshot>()> snapshot;
  // At most half a second old and shared: for those who ask again and again.
  std::function<Result<std::shared_ptr<const ClusterSnapshot>>()> recent_snapshot;
  std::function<Result<JobInQueue>(const std::string& job_id)> job;
  std::function<Result<std::vector<StoredEvent>>(const std::string& job_id, std::int64_t after,
                                                 int count_max)>
      events;
  std::function<Result<std::vector<MetricCurve>>(const MetricQuery&)> metrics;
  std::function<Result<std::vector<MetricCurve>>(const MetricNews&)> metric_news;
  std::function<Result<std::unique_ptr<MetricRows>>(const std::string& job_id,
                                                    const std::vector<std::string>& names)>
      metric_rows;
  std::function<Result<std::vector<MetricSummary>>(const std::string& job_id,
                                                   const std::vector<std::string>& names)>
      summaries;
  std::function<RuntimeHealth()> health;
  std::function<ProcessFacts()> process;
  std::function<std::vector<MethodCalls>()> calls;
  std::function<WebhookCounts()> webhooks = [] { return WebhookCounts{}; };
  const LogStore* logs = nullptr;
  // Makes a change and answers with the job. Empty: changes are not served.
  std::function<HttpResponse(const JobChange& change)> change = nullptr;
};

// `runtime` and `calls` outlive it.
HttpBackend MakeHttpBackend(Runtime& runtime, const CallCounters& calls,
                            const std::filesystem::path& state_directory);

}  // namespace descent
