#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "common/sample_format.h"
#include "worker/graph/graph.h"
#include "worker/kernels/thread_pool.h"
#include "worker/plan/parameter_layout.h"
#include "worker/plan/plan.h"

namespace descent {

// The job's model compiled for each batch size that occurs, over one parameter layout. One thread.
class PlanCache {
 public:
  // `pool` outlives it. kInvalidArgument: the model does not fit the data.
  static Result<PlanCache> Create(const ModelSpec& model, const SampleFormat& format,
                                  ThreadPool& pool);

  const ModelSpec& model() const { return model_; }
  const SampleFormat& format() const { return format_; }
  const ParameterLayout& layout() const { return *layout_; }
  std::int64_t parameter_count() const;  // learned ones: no padding, no running statistics
  std::vector<std::string> ParameterNames() const;  // by layout, without running statistics

  // The initial parameters of the job, a function of the seed alone.
  void InitializeParameters(std::uint64_t seed, std::span<float> parameters) const;

  // Compiles at the first call for these arguments. Valid for as long as the cache.
  Result<Plan*> PlanFor(PlanKind kind, std::int64_t rows);

  std::int64_t memory_bytes() const;  // of all plans compiled so far

 private:
  PlanCache(const ModelSpec& model, const SampleFormat& format, ThreadPool& pool);

  const ModelSpec model_;
  const SampleFormat format_;
  ThreadPool* const pool_;
  std::optional<Graph> smallest_;                  // for batches of one row
  std::unique_ptr<const ParameterLayout> layout_;  // its address is kept by the plans
  std::map<std::pair<PlanKind, std::int64_t>, std::unique_ptr<Plan>> plans_;
};

}  // namespace descent
