#include "coordinator/status_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/rank_times.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

using nlohmann::json;

bool IsTraining(const Job& job) {
  return job.state == JobState::kStarting || job.state == JobState::kRunning ||
         job.state == JobState::kRecovering;
}

json RunningJob(const Job& job, const ClusterSnapshot& snapshot) {
  json row = {{"name", JobName(job.id)},
              {"state", JobStateName(job.state)},
              {"step", job.step},
              {"samplesPerSecond", job.samples_per_second},
              {"latestMetrics", job.latest_metrics},
              {"worldSize", job.attempt.workers.size()},
              {"attempt", job.attempt.attempt}};
  if (const auto counted = snapshot.counters.jobs.find(job.id);
      counted != snapshot.counters.jobs.end())
    row["lastStepAgeSeconds"] = snapshot.wall - counted->second.last_step_time;
  if (job.train_samples == 0) return row;  // the rest depends on the size of the data
  const BatchArithmetic arithmetic = ComputeBatchArithmetic(job.spec, job.train_samples);
  row["lastStep"] = arithmetic.last_step;
  row["totalSteps"] = arithmetic.total_steps;
  if (arithmetic.last_step > 0)
    row["fractionComplete"] = static_cast<double>(job.step) / arithmetic.last_step;
  if (job.steps_per_second > 0)
    row["estimatedRemainingSeconds"] = (arithmetic.last_step - job.step) / job.steps_per_second;
  return row;
}

json Worker(const WorkerView& worker, const PoolView& pool, MonotonicTime now) {
  json encoded = {{"name", WorkerNameOf(pool.name, worker.world_rank)},
                  {"state", WorkerStateName(StateOf(worker, pool))},
                  {"host", worker.host},
                  {"worldRank", worker.world_rank},
                  {"pid", worker.pid},
                  {"job", worker.job_id.empty() ? "" : JobName(worker.job_id)},
                  {"instructionSet", worker.instruction_set},
                  {"lastHeartbeatAgeSeconds", SecondsBetween(worker.last_heard, now)},
                  {"phase", worker.phase},
                  {"step", worker.step},
                  {"slot", SlotName(worker)},
                  {"device", kDevice},
                  {"cpuSeconds", worker.resources.cpu_seconds},
                  {"residentBytes", worker.resources.resident_bytes},
                  {"hostCpus", worker.resources.host_cpus},
                  {"hostMemoryBytes", worker.resources.host_memory_bytes}};
  if (const auto seconds = OwnStepSeconds(worker.times)) encoded["ownStepSeconds"] = *seconds;
  if (worker.cpu_utilization) encoded["cpuUtilization"] = *worker.cpu_utilization;
  return encoded;
}

json Pool(const PoolView& pool, MonotonicTime now) {
  json workers = json::array();
  for (const WorkerView& worker : pool.workers) workers.push_back(Worker(worker, pool, now));
  return {{"name", pool.name},
          {"worldSize", pool.world_size},
          {"free", pool.free},
          {"ready", pool.is_ready},
          {"workers", std::move(workers)}};
}

struct WorkerCounts {
  std::int64_t ready = 0;
  std::int64_t joining = 0;  // their pool is not complete
  std::int64_t allocated = 0;
};

WorkerCounts CountWorkers(const ClusterSnapshot& snapshot) {
  WorkerCounts counts;
  for (const PoolView& pool : snapshot.pools) {
    (pool.is_ready ? counts.ready : counts.joining) += std::ssize(pool.workers);
    counts.allocated +=
        std::count_if(pool.workers.begin(), pool.workers.end(),
                      [](const WorkerView& worker) { return !worker.job_id.empty(); });
  }
  return counts;
}

std::int64_t CheckpointBytes(const ClusterSnapshot& snapshot) {
  std::int64_t bytes = 0;
  for (const Job& job : snapshot.jobs)
    for (const CheckpointRecord& checkpoint : job.checkpoints) bytes += checkpoint.bytes;
  return bytes;
}

}  // namespace

std::string StatusJson(const ClusterSnapshot& snapshot, const ProcessFacts& process,
                       bool is_serving) {
  const WorkerCounts workers = CountWorkers(snapshot);
  json running = json::array();
  for (const Job& job : snapshot.jobs)
    if (IsTraining(job)) running.push_back(RunningJob(job, snapshot));
  json pools = json::array();
  for (const PoolView& pool : snapshot.pools) pools.push_back(Pool(pool, snapshot.now));
  const json status = {
      {"server",
       {{"version", DESCENT_VERSION},
        {"uptimeSeconds", snapshot.wall - process.start_time},
        {"state", is_serving ? "SERVING" : "NOT_SERVING"}}},
      {"slots",
       {{"cpu", {{"total", workers.ready + workers.joining}, {"allocated", workers.allocated}}}}},
      {"workers", {{"ready", workers.ready}, {"joining", workers.joining}}},
      {"jobs", CountJobsByState(snapshot)},
      {"running", std::move(running)},
      {"pools", std::move(pools)},
      {"disk",
       {{"stateBytes", process.state_bytes},
        {"checkpointBytes", CheckpointBytes(snapshot)},
        {"freeBytes", process.disk_free_bytes}}}};
  return status.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace descent
