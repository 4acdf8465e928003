#include "coordinator/prometheus.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/build_facts.h"
#include "coordinator/job_facts.h"
#include "coordinator/prometheus_jobs.h"
#include "coordinator/worker_counts.h"

namespace descent {
namespace {

// Those of QueueStatus.reason are all there.
std::map<std::string, std::int64_t> CountWaitingByReason(const ClusterSnapshot& snapshot) {
  std::map<std::string, std::int64_t> counts;
  for (const char* const reason :
       {"Backoff", "InstructionSetMissing", "PoolBroken", "PoolIncomplete", "PoolTooSmall",
        "StartsNext", "WaitingForJobs", "WaitingForPriority", "WaitingForTurn", "WaitingForWorkers",
        "WorkersCordoned", "WorkersLeaving"})
    counts[reason] = 0;
  for (const auto& [job, position] : snapshot.queue) ++counts[position.reason.reason];
  return counts;
}

void AddCluster(const ClusterSnapshot& snapshot, Exposition& out) {
  out.Family("descent_build_info", "gauge", "The version that runs, and what it was built from.");
  out.Sample({{"version", DESCENT_VERSION},
              {"commit", kBuildFacts.commit},
              {"cuda", kBuildFacts.cuda},
              {"nccl", kBuildFacts.nccl},
              {"mpi", kBuildFacts.mpi}},
             1);
  out.Family("descent_jobs", "gauge", "Jobs by state.");
  for (const auto& [state, count] : CountJobsByState(snapshot))
    out.Sample({{"state", state}}, count);
  out.Single("descent_jobs_submitted_total", "counter", "Jobs created since this process started.",
             static_cast<double>(snapshot.counters.jobs_submitted));
  out.Family("descent_queue_pending_jobs", "gauge", "Jobs that wait for workers, by what for.");
  for (const auto& [reason, count] : CountWaitingByReason(snapshot))
    out.Sample({{"reason", reason}}, static_cast<double>(count));
  out.Family("descent_scheduler_cycle_seconds", "histogram",
             "How long the event loop takes for what has come in, its schedule and its storage.");
  out.Samples({}, snapshot.counters.cycles);
  out.Single("descent_scheduler_last_cycle_timestamp_seconds", "gauge",
             "When the event loop last came round.", snapshot.counters.last_cycle_time);
}

void AddCheckpoints(const ClusterSnapshot& snapshot, Exposition& out) {
  const Counters& counters = snapshot.counters;
  out.Family("descent_checkpoints_total", "counter",
             "Checkpoints that were written, or could not be, since this process started.");
  for (const auto& [kind, count] : counters.checkpoints)
    out.Sample({{"result", kind.first}, {"trigger", kind.second}}, static_cast<double>(count));
  out.Family("descent_checkpoint_write_seconds", "histogram",
             "How long a checkpoint's files take to be written, beside the steps.");
  out.Samples({}, counters.checkpoint_write_times);
  out.Family("descent_checkpoint_blocking_seconds", "histogram",
             "How long the steps wait for a checkpoint.");
  out.Samples({}, counters.checkpoint_blocking_times);
  out.Family("descent_checkpoint_size_bytes", "histogram", "Size of a checkpoint's files.");
  out.Samples({}, counters.checkpoint_sizes);
  out.Family("descent_checkpoint_storage_bytes", "gauge", "Size of all checkpoints on record.");
  out.Sample({{"volume", "checkpoints"}}, static_cast<double>(CheckpointBytes(snapshot)));
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
  out.Samples({}, counters.admission_waits);
  out.Family("descent_job_startup_seconds", "histogram",
             "From the workers' assignment to the first step of an attempt.");
  for (const auto& [device, times] : counters.startups) out.Samples({{"device", device}}, times);
}

void AddPools(const ClusterSnapshot& snapshot, Exposition& out) {
  out.Family("descent_workers", "gauge", "Workers that are connected, and those that were lost.");
  for (const PoolView& pool : snapshot.pools)
    for (const auto& [state, count] : CountWorkersByState(pool, snapshot.now))
      out.Sample({{"pool", pool.name}, {"state", state}}, static_cast<double>(count));
  out.Family("descent_slots", "gauge", "Ranks that jobs can take.");
  for (const PoolView& pool : snapshot.pools) {
    const SlotCounts counts = CountSlots(pool);
    const std::pair<std::string_view, std::int64_t> by_state[] = {{"free", counts.free},
                                                                  {"allocated", counts.allocated},
                                                                  {"cordoned", counts.cordoned},
                                                                  {"lost", counts.lost}};
    for (const auto& [state, count] : by_state)
      out.Sample({{"pool", pool.name}, {"device", kCpuDevice}, {"state", state}},
                 static_cast<double>(count));
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

// By what follows what: the calls of streams that go on until somebody ends them.
constexpr std::pair<std::string_view, std::string_view> kStreamKinds[] = {
    {"jobs", "WatchJobs"}, {"logs", "StreamJobLogs"}, {"metrics", "StreamMetrics"}};

void AddStreams(const ProcessMeasurements& process, Exposition& out) {
  out.Family("descent_stream_subscribers", "gauge", "Streams that are open.");
  for (const auto& [kind, method] : kStreamKinds) {
    std::int64_t open = 0;
    for (const MethodCalls& calls : process.calls)
      if (calls.method == method) open += calls.started - calls.seconds.Count();
    out.Sample({{"kind", kind}}, static_cast<double>(open));
  }
  out.Sample({{"kind", "http"}}, static_cast<double>(process.streams.http_watches));
  out.Family("descent_stream_dropped_messages_total", "counter",
             "Messages that were replaced by newer ones because a reader was too slow.");
  out.Sample({{"kind", "jobs"}}, static_cast<double>(process.streams.dropped_versions));
}

void AddProcess(const ProcessFacts& process, Exposition& out) {
  out.Single("descent_state_store_size_bytes", "gauge", "Size of the state store's files.",
             static_cast<double>(process.state_bytes));
  out.Single("descent_state_store_wal_bytes", "gauge", "Size of its write-ahead log, of these.",
             static_cast<double>(process.wal_bytes));
  out.Family("descent_storage_free_bytes", "gauge", "Free space on a volume.");
  out.Sample({{"volume", "state"}}, static_cast<double>(process.disk_free_bytes));
  out.Family("descent_storage_size_bytes", "gauge", "Size of a volume, free space included.");
  out.Sample({{"volume", "state"}}, static_cast<double>(process.disk_bytes));
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
  AddCheckpoints(snapshot, out);
  AddPools(snapshot, out);
  AddWorkerUse(snapshot, out);
  AddJobs(snapshot, out);
  out.Family("descent_state_store_commit_seconds", "histogram",
             "How long a transaction of the state store takes to be on disk.");
  out.Samples({}, snapshot.counters.commits);
  AddLogs(process.logs, out);
  AddWebhooks(process.webhooks, out);
  AddCalls(process.calls, out);
  AddHttp(process.http, out);
  AddStreams(process, out);
  AddProcess(process.facts, out);
  return out.Take();
}

}  // namespace descent
