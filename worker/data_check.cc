#include "worker/data_check.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

#include "common/file.h"
#include "proto/wire.h"
#include "worker/data/describe_datasets.h"
#include "worker/data/inspect_file.h"
#include "worker/data/load_datasets.h"
#include "worker/models/loss.h"
#include "worker/optim/update_rules.h"
#include "worker/train/evaluator.h"
#include "worker/train/plan_cache.h"

namespace descent {
namespace {

constexpr int kUnreadableExitStatus = 1;
constexpr int kProblemsExitStatus = 2;

// Empty as well where the model cannot be built, which has its own message.
std::vector<Violation> GroupViolations(const JobSpec& spec, const SampleFormat& format) {
  ThreadPool pool(1);
  const Result<PlanCache> plans = PlanCache::Create(spec.model, format, pool);
  if (!plans.ok()) return {};
  return CheckGroups(spec.optimizer, plans.value().ParameterNames());
}

std::vector<std::string> ProblemsOf(const JobSpec& spec, const Dataset& train) {
  std::vector<std::string> problems;
  const Status metrics = CheckMetrics(spec, train.format());
  if (!metrics.ok()) problems.push_back(metrics.message());
  const Status model = OutputCount(spec.model, train.format()).status();
  if (!model.ok()) problems.push_back("model.loss: " + model.message());
  std::vector<Violation> violations = ValidateAgainstTrainingSet(spec, train.sample_count());
  std::ranges::move(GroupViolations(spec, train.format()), std::back_inserter(violations));
  for (const Violation& violation : violations)
    problems.push_back(violation.field + ": " + violation.message);
  return problems;
}

}  // namespace

Result<JobWithData> ReadJobWithData(const std::string& spec_file) {
  DESCENT_ASSIGN(const std::string bytes, ReadFile(spec_file));
  JobWithData job;
  DESCENT_ASSIGN(job.spec, DecodeJobSpec(bytes));
  Result<Datasets> datasets = LoadDatasets(job.spec);
  if (!datasets.ok()) {
    job.problems = {datasets.status().message()};
    return job;
  }
  job.datasets = std::move(datasets).value();
  job.problems = ProblemsOf(job.spec, *job.datasets.train);
  return job;
}

int FailCheck(const Status& unreadable) {
  std::fprintf(stderr, "error: %s\n", unreadable.message().c_str());
  return kUnreadableExitStatus;
}

int FailCheck(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) std::printf("%s\n", problem.c_str());
  return kProblemsExitStatus;
}

int CheckData(const std::string& spec_file) {
  const Result<JobWithData> job = ReadJobWithData(spec_file);
  if (!job.ok()) return FailCheck(job.status());
  return job.value().problems.empty() ? 0 : FailCheck(job.value().problems);
}

int InspectData(const std::string& spec_file) {
  const Result<JobWithData> job = ReadJobWithData(spec_file);
  if (!job.ok()) return FailCheck(job.status());
  if (!job.value().datasets.train) return FailCheck(job.value().problems);
  std::printf("%s", DescribeDatasets(job.value().datasets).c_str());
  for (const std::string& problem : job.value().problems)
    std::printf("problem: %s\n", problem.c_str());
  return 0;
}

int InspectDataFile(const std::string& file) {
  const Result<std::string> text = InspectFile(file);
  if (!text.ok()) return FailCheck({text.status().message()});
  std::printf("%s", text.value().c_str());
  return 0;
}

}  // namespace descent
