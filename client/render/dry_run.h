#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/api/types.h"
#include "common/result.h"

namespace descent {

// What a job was compiled to, as far as a dry run tells it.
struct CompiledModel {
  std::int64_t parameter_count = 0;
  std::int64_t train_samples = 0;
  std::int64_t worker_bytes = 0;  // memory of a worker
  std::int64_t checkpoint_bytes = 0;
};

// Of the explanation that the worker program gives of a job, in JSON (worker/explain). kInternal:
// the JSON is none of it.
Result<CompiledModel> ReadCompiledModel(const std::string& explanation);

// How a batch is made up, and how many steps there are, as far as that is known.
std::string BatchText(const JobSpec& spec, std::optional<std::int64_t> train_samples);

// What a job would do that was not created: the batch arithmetic and the memory, as far as they are
// known (the status says why not), and whether the workers are there.
std::string DryRunText(const JobView& job, const Result<CompiledModel>& model);

}  // namespace descent
