#include "coordinator/status_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "coordinator/job_facts.h"
#include "coordinator/rank_times.h"
#include "coordinator/resource_name.h"
#include "coordinator/worker_counts.h"

namespace descent {
namespace {

using nlohmann::json;

bool IsTraining(const Job& job) {
  return job.state == JobState::kStarting || job.state == JobState::kRunning ||
         job.state == JobState::kRecovering;
}

json RunningJob(const Job& job, const ClusterSnapshot& snapshot) {
  const std::optional<std::int64_t> tokens_per_sample = TokensPerSample(job.spec.model);
  json row = {{"name", JobName(job.id)},
              {"state", JobStateName(job.state)},
              {"step", job.step},
              {"samplesPerSecond", job.samples_per_second},
              {"tokensPerSecond",
               job.samples_per_second * static_cast<double>(tokens_per_sample.value_or(0))},
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

json Slots(const ClusterSnapshot& snapshot) {
  std::int64_t total = 0;
  std::int64_t allocated = 0;
  std::int64_t cordoned = 0;
  for (const PoolView& pool : snapshot.pools) {
    const SlotCounts counts = CountSlots(pool);
    total += std::ssize(pool.workers);
    allocated += counts.allocated;
    cordoned += counts.cordoned;
  }
  return {{kCpuDevice, {{"total", total}, {"allocated", allocated}, {"cordoned", cordoned}}}};
}

json WorkersByState(const ClusterSnapshot& snapshot) {
  std::map<std::string, std::int64_t> all = CountWorkersByState(PoolView(), snapshot.now);
  for (const PoolView& pool : snapshot.pools)
    for (const auto& [state, count] : CountWorkersByState(pool, snapshot.now)) all[state] += count;
  return all;
}

}  // namespace

std::string StatusJson(const ClusterSnapshot& snapshot, const ProcessFacts& process,
                       bool is_serving) {
  json running = json::array();
  for (const Job& job : snapshot.jobs)
    if (IsTraining(job)) running.push_back(RunningJob(job, snapshot));
  json pools = json::array();
  for (const PoolView& pool : snapshot.pools) pools.push_back(Pool(pool, snapshot.now));
  const json status = {{"server",
                        {{"version", DESCENT_VERSION},
                         {"uptimeSeconds", snapshot.wall - process.start_time},
                         {"state", is_serving ? "SERVING" : "NOT_SERVING"},
                         {"restarts", snapshot.restarts}}},
                       {"slots", Slots(snapshot)},
                       {"workers", WorkersByState(snapshot)},
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
