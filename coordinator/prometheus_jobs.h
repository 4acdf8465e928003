#pragma once

#include "coordinator/cluster_snapshot.h"
#include "coordinator/exposition.h"

namespace descent {

// The families that have a series for each job: of a job that is at its end until 15 minutes later,
// so that the number of series stays bounded. Of a job's metrics 16 at most are told.
void AddJobs(const ClusterSnapshot& snapshot, Exposition& out);

}  // namespace descent
