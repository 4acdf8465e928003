#pragma once

#include <string>

#include "coordinator/cluster_snapshot.h"
#include "coordinator/process_facts.h"

namespace descent {

// The body of GET /v1/status: server, slots, workers, jobs by state, the running jobs, pools and
// disk, in lowerCamelCase.
std::string StatusJson(const ClusterSnapshot& snapshot, const ProcessFacts& process,
                       bool is_serving);

}  // namespace descent
