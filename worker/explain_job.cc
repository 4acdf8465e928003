#include "worker/explain_job.h"

#include <cstdio>
#include <vector>

#include "worker/data_check.h"
#include "worker/explain/explanation.h"

namespace descent {
namespace {

Result<Explanation> ExplainMeasured(const JobWithData& job, int workers) {
  ThreadPool pool(job.spec.workers.threads);
  DESCENT_ASSIGN(const MachineRates rates, MeasureMachine(job.spec.model.precision, pool));
  return Explain(job.spec, job.datasets, workers, rates);
}

Result<std::string> ScaleMeasured(const JobWithData& job, const ScalingRequest& request) {
  ThreadPool pool(job.spec.workers.threads);
  DESCENT_ASSIGN(const MachineRates rates, MeasureMachine(job.spec.model.precision, pool));
  DESCENT_ASSIGN(const Scaling scaling, PredictScaling(job.spec, job.datasets, request, rates));
  return ToJson(scaling, request);
}

}  // namespace

int ExplainJob(const std::string& spec_file, int workers) {
  const Result<JobWithData> job = ReadJobWithData(spec_file);
  if (!job.ok()) return FailCheck(job.status());
  if (!job.value().problems.empty()) return FailCheck(job.value().problems);
  const Result<Explanation> explanation = ExplainMeasured(job.value(), workers);
  if (!explanation.ok()) return FailCheck(std::vector{explanation.status().message()});
  std::printf("%s\n", ToJson(explanation.value()).c_str());
  return 0;
}

int ScaleJob(const ScaleOptions& options) {
  ScalingRequest request = options.request;
  if (options.is_weak) request.kind = ScalingKind::kWeak;
  const Result<JobWithData> job = ReadJobWithData(options.spec_file);
  if (!job.ok()) return FailCheck(job.status());
  if (!job.value().problems.empty()) return FailCheck(job.value().problems);
  const Result<std::string> scaling = ScaleMeasured(job.value(), request);
  if (!scaling.ok()) return FailCheck(std::vector{scaling.status().message()});
  std::printf("%s\n", scaling.value().c_str());
  return 0;
}

}  // namespace descent
