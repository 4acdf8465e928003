#include "coordinator/prometheus.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/rank_times.h"

namespace descent {
namespace {

constexpr double kFinishedJobsKeptSeconds = 15 * 60;

// Of a job, or of all of them: "".
void AddHistogram(std::string_view job, const Histogram& times, Exposition& out) {
  std::vector<MetricLabel> labels;
  if (!job.empty()) labels.push_back({"job", job});
  out.Samples(labels, times);
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

void AddCluster(const ClusterSnapshot& snapshot, Exposition& out) {
  out.Family("descent_build_info", "gauge", "The version that runs.");
  out.Sample({{"version", DESCENT_VERSION}}, 1);
  out.Family("descent_jobs", "gauge", "Jobs by state.");
  for (const auto& [state, count] : CountJobsByState(snapshot))
    out.Sample({{"state", state}}, count);
  out.Single("descent_jobs_submitted_total", "counter", "Jobs created since this process started.",
             static_cast<double>(snapshot.counters.jobs_submitted));
  out.Family("descent_checkpoints_total", "counter",
             "Checkpoints committed since this process started, and saves that were skipped for "
             "lack of space.");
  out.Sample({{"result", "written"}}, static_cast<double>(snapshot.counters.checkpoints));
  out.Sample({{"result", "skipped"}}, static_cast<double>(snapshot.counters.skipped_checkpoints));
  out.Single("descent_queue_pending_jobs", "gauge", "Jobs that wait for workers.",
             static_cast<double>(snapshot.queue.size()));
}

void AddLives(const Counters& counters, Exposition& out) {
  out.Family("descent_jobs_finished_total", "counter",
             "Jobs that came to their end since this process started.");
  for (const auto& [end, count] : counters.jobs_finished)
    out.Sample({{"state", end.first}, {"reason", end.second}}, static_cast<double>(count));
  out.Family("descent_job_restarts_total", "counter",
             "Attempts that were lost and followed by another one.");
  for (const auto& [reason, count] : counters.restarts)
    out.Sample({{"reason", reason}}, static_cast<double>(count));
  out.Single("descent_job_preemptions_total", "counter",
             "Jobs that gave their workers to one of higher priority.",
             static_cast<double>(counters.preemptions));
  out.Single("descent_job_resizes_total", "counter",
             "Running jobs that went on with more or fewer workers.",
             static_cast<double>(counters.resizes));
  out.Family("descent_job_admission_wait_seconds", "histogram",
             "From the submission of a job until it has workers.");
  AddHistogram("", counters.admission_waits, out);
  out.Family("descent_job_startup_seconds", "histogram",
             "From the workers' assignment to the first step of an attempt.");
  AddHistogram("", counters.startups, out);
}

void AddPools(const ClusterSnapshot& snapshot, Exposition& out) {
  out.Family("descent_workers", "gauge", "Workers that are connected.");
  for (const PoolView& pool : snapshot.pools)
    out.Sample({{"pool", pool.name}, {"state", pool.is_ready ? "ready" : "joining"}},
               static_cast<double>(pool.workers.size()));
  out.Family("descent_slots", "gauge", "Ranks that jobs can take.");
  for (const PoolView& pool : snapshot.pools) {
    const int allocated = static_cast<int>(
        std::count_if(pool.workers.begin(), pool.workers.end(),
                      [](const WorkerView& worker) { return !worker.job_id.empty(); }));
    out.Sample({{"pool", pool.name}, {"device", "cpu"}, {"state", "free"}}, pool.free);
    out.Sample({{"pool", pool.name}, {"device", "cpu"}, {"state", "allocated"}}, allocated);
    const auto is_kept_idle = [](const WorkerView& worker) {
      return worker.cordon != Cordon::kNone && worker.job_id.empty();
    };
    out.Sample({{"pool", pool.name}, {"device", "cpu"}, {"state", "cordoned"}},
               static_cast<double>(std::ranges::count_if(pool.workers, is_kept_idle)));
  }
  out.Family("descent_worker_last_heartbeat_timestamp_seconds", "gauge",
             "When the worker was last heard of.");
  for (const PoolView& pool : snapshot.pools)
    for (const WorkerView& worker : pool.workers)
      out.Sample(
          {{"pool", pool.name}, {"worker", fmt::format("{}/{}", worker.host, worker.world_rank)}},
          snapshot.wall - SecondsBetween(worker.last_heard, snapshot.now));
}

// Of workers that tell.
void AddWorkerUse(const ClusterSnapshot& snapshot, Exposition& out) {
  const auto add = [&](const auto& value) {
    for (const PoolView& pool : snapshot.pools)
      for (const WorkerView& worker : pool.workers)
        if (worker.resources.host_cpus > 0)
          out.Sample({{"pool", pool.name}, {"worker", worker.name()}}, value(worker.resources));
  };
  out.Family("descent_worker_cpu_seconds_total", "counter",
             "User and system time of the worker's process.");
  add([](const ResourceUse& use) { return use.cpu_seconds; });
  out.Family("descent_worker_resident_memory_bytes", "gauge",
             "Memory of the worker's process in RAM.");
  add([](const ResourceUse& use) { return static_cast<double>(use.resident_bytes); });
}

void AddProgress(const std::vector<const Job*>& jobs, Exposition& out) {
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
  out.Family("descent_job_metric", "gauge", "The newest value of each metric.");
  for (const Job* job : jobs)
    for (const auto& [name, value] : job->latest_metrics) {
      std::string label = name;
      std::replace(label.begin(), label.end(), '/', '_');
      out.Sample({{"job", job->id}, {"metric", label}}, value);
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
  out.Family("descent_job_last_step_timestamp_seconds", "gauge", "When a step was last reported.");
  for (const auto& [job, counters] : jobs) out.Sample({{"job", job}}, counters.last_step_time);
  out.Family("descent_job_step_seconds", "histogram", "How long a step takes.");
  for (const auto& [job, counters] : jobs) AddHistogram(job, counters.step_times, out);
}

void AddLogs(const LogCounters& logs, Exposition& out) {
  out.Family("descent_log_lines_total", "counter",
             "Lines of the ranks stored since this process started.");
  for (std::size_t i = 0; i < logs.stored.size(); ++i)
    out.Sample({{"severity", SeverityName(static_cast<LogSeverity>(i))}},
               static_cast<double>(logs.stored[i]));
  out.Family(
      "descent_log_dropped_lines_total", "counter",
      "Lines lost since this process started: by a rank whose buffer was full, as the oldest "
      "of a log that was too long, or of a job that is gone or has other ranks.");
  out.Sample({{"reason", "rank_buffer_full"}}, static_cast<double>(logs.dropped_by_rank));
  out.Sample({{"reason", "log_too_long"}}, static_cast<double>(logs.dropped_as_oldest));
  out.Sample({{"reason", "unwanted"}}, static_cast<double>(logs.dropped_unwanted));
}

void AddWebhooks(const WebhookCounts& counts, Exposition& out) {
  out.Family("descent_webhook_deliveries_total", "counter",
             "Attempts to tell other systems of a job, and messages given up, since this process "
             "started.");
  out.Sample({{"result", "delivered"}}, static_cast<double>(counts.delivered));
  out.Sample({{"result", "failed"}}, static_cast<double>(counts.failed));
  out.Sample({{"result", "dropped"}}, static_cast<double>(counts.dropped));
  out.Single("descent_webhook_pending", "gauge", "Messages that are still to be delivered.",
             counts.pending);
}

void AddCalls(const std::vector<MethodCalls>& methods, Exposition& out) {
  const auto labels = [](const MethodCalls& calls) {
    return std::vector<MetricLabel>{
        {"grpc_service", calls.service}, {"grpc_method", calls.method}, {"grpc_type", calls.type}};
  };
  out.Family("grpc_server_started_total", "counter", "Calls that came, refused ones included.");
  for (const MethodCalls& calls : methods)
    out.Sample(labels(calls), static_cast<double>(calls.started), "");
  out.Family("grpc_server_handled_total", "counter", "Calls that have ended, by their status.");
  for (const MethodCalls& calls : methods)
    for (const auto& [code, count] : calls.handled) {
      std::vector<MetricLabel> with_code = labels(calls);
      with_code.push_back({"grpc_code", code});
      out.Sample(with_code, static_cast<double>(count), "");
    }
  out.Family("grpc_server_handling_seconds", "histogram",
             "From the arrival of a call to its end; of streams, how long they were open.");
  for (const MethodCalls& calls : methods) out.Samples(labels(calls), calls.seconds);
}

void AddProcess(const ProcessFacts& process, Exposition& out) {
  out.Single("descent_state_store_size_bytes", "gauge", "Size of the state store's files.",
             static_cast<double>(process.state_bytes));
  out.Family("descent_storage_free_bytes", "gauge", "Free space on a volume.");
  out.Sample({{"volume", "state"}}, static_cast<double>(process.disk_free_bytes));
  out.Single("process_cpu_seconds_total", "counter", "User and system time.", process.cpu_seconds);
  out.Single("process_resident_memory_bytes", "gauge", "Memory in RAM.",
             static_cast<double>(process.resident_bytes));
  out.Single("process_virtual_memory_bytes", "gauge", "Memory mapped.",
             static_cast<double>(process.virtual_bytes));
  out.Single("process_open_fds", "gauge", "Open file descriptors.",
             static_cast<double>(process.open_files));
  out.Single("process_max_fds", "gauge", "File descriptors allowed.",
             static_cast<double>(process.open_files_max));
  out.Single("process_start_time_seconds", "gauge", "When the process started.",
             process.start_time);
}

void AddHttp(const HttpCounts& counts, Exposition& out) {
  const auto labels = [](const HttpCounts::value_type& entry) {
    const HttpCallKind& kind = entry.first;
    return std::vector<MetricLabel>{
        {"handler", kind.handler}, {"method", kind.method}, {"code", kind.code}};
  };
  out.Family("http_requests_total", "counter", "Requests answered over HTTP.");
  for (const auto& entry : counts)
    out.Sample(labels(entry), static_cast<double>(entry.second.Count()), "");
  out.Family("http_request_duration_seconds", "histogram",
             "From a whole request to its answer, of which the rest may still have to be read.");
  for (const auto& entry : counts) out.Samples(labels(entry), entry.second);
}

}  // namespace

std::string PrometheusText(const ClusterSnapshot& snapshot, const ProcessMeasurements& process,
                           ExpositionFormat format) {
  Exposition out(format);
  AddCluster(snapshot, out);
  AddLives(snapshot.counters, out);
  AddPools(snapshot, out);
  AddWorkerUse(snapshot, out);
  AddProgress(JobsWithSeries(snapshot), out);
  AddCounters(snapshot, out);
  AddRanks(snapshot, out);
  AddLogs(process.logs, out);
  AddWebhooks(process.webhooks, out);
  AddCalls(process.calls, out);
  AddHttp(process.http, out);
  AddProcess(process.facts, out);
  return out.Take();
}

}  // namespace descent
