#include "worker/data_check.h"

#include <cstdio>
#include <utility>
#include <vector>

#include "common/file.h"
#include "proto/wire.h"
#include "worker/data/load_datasets.h"
#include "worker/models/loss.h"
#include "worker/optim/update_rules.h"
#include "worker/train/evaluator.h"
#include "worker/train/plan_cache.h"

namespace descent {
namespace {

Result<JobSpec> ReadSpec(const std::string& spec_file) {
  DESCENT_ASSIGN(const std::string bytes, ReadFile(spec_file));
  return DecodeJobSpec(bytes);
}

// Empty as well where the model cannot be built, which has its own message.
std::vector<Violation> GroupViolations(const JobSpec& spec, const SampleFormat& format) {
  ThreadPool pool(1);
  const Result<PlanCache> plans = PlanCache::Create(spec.model, format, pool);
  if (!plans.ok()) return {};
  return CheckGroups(spec.optimizer, plans.value().ParameterNames());
}

}  // namespace

int CheckData(const std::string& spec_file) {
  const Result<JobSpec> spec = ReadSpec(spec_file);
  if (!spec.ok()) {
    std::fprintf(stderr, "error: %s\n", spec.status().message().c_str());
    return 1;
  }
  const Result<Datasets> datasets = LoadDatasets(spec.value());
  if (!datasets.ok()) {
    std::printf("%s\n", datasets.status().message().c_str());
    return 2;
  }
  const Status metrics = CheckMetrics(spec.value(), datasets.value().train->format());
  if (!metrics.ok()) std::printf("%s\n", metrics.message().c_str());
  const Status model = OutputCount(spec.value().model, datasets.value().train->format()).status();
  if (!model.ok()) std::printf("model.loss: %s\n", model.message().c_str());
  std::vector<Violation> violations =
      ValidateAgainstTrainingSet(spec.value(), datasets.value().train->sample_count());
  for (Violation& violation : GroupViolations(spec.value(), datasets.value().train->format()))
    violations.push_back(std::move(violation));
  for (const Violation& violation : violations)
    std::printf("%s: %s\n", violation.field.c_str(), violation.message.c_str());
  return violations.empty() && metrics.ok() && model.ok() ? 0 : 2;
}

}  // namespace descent
