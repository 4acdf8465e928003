#pragma once

#include <cstdint>
#include <optional>

#include "common/job_spec.h"
#include "coordinator/cluster_snapshot.h"

namespace descent {

// Of a model of tokens; nothing: it is of something else.
std::optional<std::int64_t> TokensPerSample(const ModelSpec& model);

// What is on record of all jobs.
std::int64_t CheckpointBytes(const ClusterSnapshot& snapshot);

}  // namespace descent
