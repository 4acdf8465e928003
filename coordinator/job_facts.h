#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/job_spec.h"
#include "coordinator/cluster_snapshot.h"

namespace descent {

// As a job file names it: "gpt".
std::string_view ModelName(const ModelSpec& model);

// Of a model of tokens; nothing: it is of something else.
std::optional<std::int64_t> TokensPerSample(const ModelSpec& model);

// What is on record of all jobs.
std::int64_t CheckpointBytes(const ClusterSnapshot& snapshot);

}  // namespace descent
