#pragma once

#include <string>
#include <vector>

#include "coordinator/call_counters.h"
#include "coordinator/cluster_snapshot.h"
#include "coordinator/job_log.h"
#include "coordinator/process_facts.h"

namespace descent {

// Everything that is measured, in Prometheus' text format 0.0.4. A job has its own series until 15
// minutes after its end, so that the number of series stays bounded.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats
std::string PrometheusText(const ClusterSnapshot& snapshot, const ProcessFacts& process,
                           const LogCounters& logs, const std::vector<MethodCalls>& calls = {});

}  // namespace descent
