#include "coordinator/job_facts.h"

#include <variant>

namespace descent {

std::optional<std::int64_t> TokensPerSample(const ModelSpec& model) {
  const auto* const gpt = std::get_if<GptSpec>(&model.architecture);
  return gpt == nullptr ? std::nullopt : std::optional(gpt->context_length);
}

std::int64_t CheckpointBytes(const ClusterSnapshot& snapshot) {
  std::int64_t bytes = 0;
  for (const Job& job : snapshot.jobs)
    for (const CheckpointRecord& checkpoint : job.checkpoints) bytes += checkpoint.bytes;
  return bytes;
}

}  // namespace descent
