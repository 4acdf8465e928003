#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/call_counters.h"
#include "coordinator/cluster_snapshot.h"
#include "coordinator/exposition.h"
#include "coordinator/http_counters.h"
#include "coordinator/job_log.h"
#include "coordinator/process_facts.h"
#include "coordinator/webhooks.h"

namespace descent {

// Streams that neither end by themselves nor are calls, and what became of those that are.
struct StreamMeasurements {
  std::int64_t http_watches = 0;      // open
  std::int64_t dropped_versions = 0;  // of jobs, that a reader of WatchJobs was too slow for
};

// What is measured beside the state of the cluster.
struct ProcessMeasurements {
  ProcessFacts facts;
  LogCounters logs;
  std::vector<MethodCalls> calls;
  HttpCounts http;
  WebhookCounts webhooks;
  StreamMeasurements streams = {};
};

// Everything that is measured. A job has its own series until 15 minutes after its end, so that the
// number of series stays bounded.
std::string PrometheusText(const ClusterSnapshot& snapshot, const ProcessMeasurements& process,
                           ExpositionFormat format);

}  // namespace descent
