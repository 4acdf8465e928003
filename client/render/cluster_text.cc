#include "client/render/cluster_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "client/render/format.h"

namespace descent {
namespace {

std::string UtilizationText(const WorkerView& worker) {
  return worker.cpu_utilization ? fmt::format("{:.0f}%", 100 * *worker.cpu_utilization) : "-";
}

// "1.2 GB / 64 GB": of its process, and of its whole host.
std::string UsedMemoryText(const WorkerView& worker) {
  if (worker.host_memory_bytes == 0) return "-";
  return fmt::format("{} / {}", FormatBytes(worker.resident_bytes),
                     FormatBytes(worker.host_memory_bytes));
}

std::string StateText(const PoolView& pool) {
  if (pool.is_ready) return "READY";
  return fmt::format("{} of {} joined", pool.workers.size(), pool.world_size);
}

std::int64_t CordonedOf(const PoolView& pool) {
  return std::ranges::count_if(pool.workers, [](const WorkerView& worker) {
    return worker.state == "CORDONED" || worker.state == "DRAINING";
  });
}

std::string JobsOf(const PoolView& pool) {
  std::set<std::string> jobs;
  for (const WorkerView& worker : pool.workers)
    if (!worker.job.empty()) jobs.insert(worker.job);
  return OrDash(fmt::format("{}", fmt::join(jobs, ", ")));
}

// "Name:      value", a line.
std::string Line(std::string_view name, std::string_view value) {
  return fmt::format("{:<14}{}\n", fmt::format("{}:", name), value);
}

}  // namespace

std::string WorkerNameText(const WorkerView& worker) {
  return fmt::format("{}/{}", worker.pool, worker.world_rank);
}

std::string WorkerTable(const std::vector<WorkerView>& workers, TableWidth width) {
  std::vector<std::string> head = {"WORKER", "HOST",  "PROCESS", "STATE", "SLOT", "DEVICE",
                                   "JOB",    "PHASE", "STEP",    "UTIL",  "MEM",  "HEARTBEAT"};
  if (width == TableWidth::kWide) head.insert(head.end(), {"OWN STEP", "INSTRUCTIONS", "NAME"});
  Table table(std::move(head));
  for (const WorkerView& worker : workers) {
    std::vector<std::string> row = {WorkerNameText(worker),
                                    worker.host,
                                    fmt::to_string(worker.pid),
                                    worker.state,
                                    OrDash(worker.slot),
                                    OrDash(worker.device),
                                    OrDash(worker.job),
                                    OrDash(worker.phase),
                                    worker.job.empty() ? "-" : fmt::to_string(worker.step),
                                    UtilizationText(worker),
                                    UsedMemoryText(worker),
                                    fmt::format("{:.1f}s", worker.heartbeat_age_seconds)};
    if (width == TableWidth::kWide)
      row.insert(
          row.end(),
          {worker.own_step_seconds ? fmt::format("{:.3g} ms", *worker.own_step_seconds * 1e3) : "-",
           OrDash(worker.instruction_set), worker.name});
    table.AddRow(std::move(row));
  }
  return table.ToString();
}

std::string PoolTable(const std::vector<PoolView>& pools) {
  Table table({"POOL", "STATE", "WORKERS", "FREE", "CORDONED", "JOBS"});
  for (const PoolView& pool : pools)
    table.AddRow({pool.name, StateText(pool), fmt::to_string(pool.world_size),
                  fmt::to_string(pool.free), fmt::to_string(CordonedOf(pool)), JobsOf(pool)});
  return table.ToString();
}

std::string PoolDescription(const PoolView& pool) {
  return Line("Name", pool.name) + Line("State", StateText(pool)) +
         (pool.only_job.empty() ? "" : Line("Only for", pool.only_job)) +
         Line("Free", fmt::format("{} of {} workers", pool.free, pool.world_size)) +
         Line("Cordoned", fmt::to_string(CordonedOf(pool))) + Line("Jobs", JobsOf(pool)) +
         "\nWorkers:\n" + WorkerTable(pool.workers);
}

std::string AuditTable(const std::vector<AuditEventView>& events, double now) {
  Table table({"AGE", "ACTOR", "EVENT", "SUBJECT", "MESSAGE"});
  for (const AuditEventView& event : events)
    table.AddRow(
        {FormatDuration(now - event.time), event.actor, event.type, event.subject, event.message});
  return table.ToString();
}

std::string ServerInfoText(const ServerInfoView& info, double now) {
  return Line("Version", info.version) +
         Line("Started", FormatDuration(now - info.start_time) + " ago") +
         Line("State", info.state_directory) + Line("Checkpoints", info.checkpoint_root) +
         Line("HTTP", info.http_address) +
         Line("Tokens", info.requires_tokens ? "asked for" : "not asked for");
}

std::string ServerStatusText(const ClusterView& status) {
  std::string jobs;
  for (const auto& [state, count] : status.jobs)
    if (count > 0) jobs += fmt::format("{}{} {}", jobs.empty() ? "" : ", ", count, state);
  std::string text = Line("Server", fmt::format("{}, up for {}", status.version,
                                                FormatDuration(status.uptime_seconds))) +
                     Line("Jobs", jobs.empty() ? "none" : jobs);
  if (status.pools.empty()) return text + Line("Pools", "no workers are attached");
  return text + "\n" + PoolTable(status.pools);
}

std::vector<WorkerView> FindWorkers(const std::vector<PoolView>& pools, const std::string& name) {
  std::vector<WorkerView> found;
  for (const PoolView& pool : pools)
    for (const WorkerView& worker : pool.workers)
      if (name == worker.name || name == WorkerNameText(worker) ||
          name == fmt::format("{}/{}", worker.host, worker.world_rank))
        found.push_back(worker);
  return found;
}

}  // namespace descent
