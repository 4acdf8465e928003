#include "coordinator/prometheus_jobs.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model_name.h"
#include "coordinator/job_facts.h"
#include "coordinator/rank_times.h"

namespace descent {
namespace {

constexpr double kFinishedJobsKeptSeconds = 15 * 60;
constexpr std::size_t kMetricsMax = 16;  // of one job

// The most wanted first.
constexpr std::string_view kMetricOrder[] = {
    "train/loss",      "validation/loss",          "validation/accuracy", "train/lr",
    "train/grad_norm", "train/samples_per_second", "train/update_ratio",  "test/loss",
    "test/accuracy",   "validation/perplexity"};

// The newest metrics' names, those of kMetricOrder before the others, which come by name.
std::vector<std::string> ChosenMetrics(const Job& job) {
  std::vector<std::string> names;
  for (const auto& [name, value] : job.latest_metrics) names.push_back(name);
  std::ranges::stable_sort(names, {}, [](const std::string& name) {
    return std::ranges::find(kMetricOrder, name) - std::begin(kMetricOrder);
  });
  if (names.size() > kMetricsMax) names.resize(kMetricsMax);
  return names;
}

bool HasSeries(const Job& job, double now) {
  return !IsTerminal(job.state) || now - job.end_time < kFinishedJobsKeptSeconds;
}

std::vector<const Job*> JobsWithSeries(const ClusterSnapshot& snapshot) {
  std::vector<const Job*> jobs;
  for (const Job& job : snapshot.jobs)
    if (HasSeries(job, snapshot.wall)) jobs.push_back(&job);
  return jobs;
}

void AddProgress(const std::vector<const Job*>& jobs, Exposition& out) {
  out.Family("descent_job_info", "gauge", "What the job trains, and on what.");
  for (const Job* job : jobs)
    out.Sample({{"job", job->id},
                {"model", ModelName(job->spec.model)},
                {"device", kCpuDevice},
                {"world_size", std::to_string(job->attempt.workers.size())}},
               1);
  out.Family("descent_job_running", "gauge", "1 while its workers run steps, 0 otherwise.");
  for (const Job* job : jobs)
    out.Sample({{"job", job->id}}, job->state == JobState::kRunning ? 1 : 0);
  out.Family("descent_job_step", "gauge", "Steps done.");
  for (const Job* job : jobs) out.Sample({{"job", job->id}}, static_cast<double>(job->step));
  std::vector<std::pair<const Job*, double>> targets;
  for (const Job* job : jobs)
    if (job->train_samples > 0)
      targets.emplace_back(job, ComputeBatchArithmetic(job->spec, job->train_samples).last_step);
  out.Family("descent_job_target_steps", "gauge", "Steps when the job is done.");
  for (const auto& [job, target] : targets) out.Sample({{"job", job->id}}, target);
  out.Family("descent_job_progress_ratio", "gauge", "Part of the steps that is done.");
  for (const auto& [job, target] : targets)
    out.Sample({{"job", job->id}}, target > 0 ? static_cast<double>(job->step) / target : 0);
  out.Family("descent_job_metric", "gauge", "The newest value of a metric.");
  for (const Job* job : jobs)
    for (const std::string& name : ChosenMetrics(*job)) {
      std::string label = name;
      std::ranges::replace(label, '/', '_');
      out.Sample({{"job", job->id}, {"metric", label}}, job->latest_metrics.at(name));
    }
  out.Family("descent_job_nonfinite_steps_total", "counter",
             "Steps skipped or rolled back because their loss or gradient was not finite.");
  for (const Job* job : jobs)
    out.Sample({{"job", job->id}}, static_cast<double>(job->nonfinite_steps.count));
  out.Family("descent_job_last_checkpoint_timestamp_seconds", "gauge",
             "When the newest checkpoint was committed.");
  for (const Job* job : jobs)
    if (!job->checkpoints.empty())
      out.Sample({{"job", job->id}}, job->checkpoints.back().create_time);
}

std::map<std::string, std::vector<double>> OwnStepSecondsByJob(const ClusterSnapshot& snapshot) {
  std::map<std::string, std::vector<double>> by_job;
  for (const PoolView& pool : snapshot.pools)
    for (const WorkerView& worker : pool.workers)
      if (const auto seconds = OwnStepSeconds(worker.times); seconds && !worker.job_id.empty())
        by_job[worker.job_id].push_back(*seconds);
  return by_job;
}

void AddRanks(const ClusterSnapshot& snapshot, Exposition& out) {
  out.Family("descent_job_rank_skew_ratio", "gauge",
             "What the slowest rank needs for a step of its own, over the median of the ranks.");
  for (const auto& [job, seconds] : OwnStepSecondsByJob(snapshot))
    if (const auto skew = RankSkew(seconds)) out.Sample({{"job", job}}, *skew);
  out.Family("descent_job_phase_seconds_total", "counter",
             "What the ranks of a job did with their time, all ranks together.");
  for (const auto& [job, counters] : snapshot.counters.jobs)
    for (const auto& [phase, seconds] : counters.phase_seconds)
      out.Sample({{"job", job}, {"phase", phase}}, seconds);
}

void AddCounters(const ClusterSnapshot& snapshot, Exposition& out) {
  const auto& jobs = snapshot.counters.jobs;
  out.Family("descent_job_samples_total", "counter", "Samples trained on, repeated ones included.");
  for (const auto& [job, counters] : jobs)
    out.Sample({{"job", job}}, static_cast<double>(counters.samples));
  out.Family("descent_job_tokens_total", "counter",
             "Tokens trained on, of models of tokens; repeated ones included.");
  for (const Job& job : snapshot.jobs)
    if (const auto tokens = TokensPerSample(job.spec.model); tokens && jobs.contains(job.id))
      out.Sample({{"job", job.id}}, static_cast<double>(jobs.at(job.id).samples * *tokens));
  out.Family("descent_job_allreduce_bytes_total", "counter",
             "Gradients that each rank gave to be added up over the ranks.");
  for (const auto& [job, counters] : jobs)
    out.Sample({{"job", job}}, static_cast<double>(counters.allreduce_bytes));
  out.Family("descent_job_last_step_timestamp_seconds", "gauge", "When a step was last reported.");
  for (const auto& [job, counters] : jobs) out.Sample({{"job", job}}, counters.last_step_time);
  out.Family("descent_job_step_seconds", "histogram", "How long a step takes.");
  for (const auto& [job, counters] : jobs) out.Samples({{"job", job}}, counters.step_times);
}

}  // namespace

void AddJobs(const ClusterSnapshot& snapshot, Exposition& out) {
  AddProgress(JobsWithSeries(snapshot), out);
  AddCounters(snapshot, out);
  AddRanks(snapshot, out);
}

}  // namespace descent
