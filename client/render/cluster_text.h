#pragma once

#include <string>
#include <vector>

#include "client/api/types.h"
#include "client/render/table.h"

namespace descent {

// What the commands say about pools, workers and the coordinator itself. Pure; `now` is seconds
// since the epoch.

// "POOL/WORLD_RANK": what the commands take for a worker.
std::string WorkerNameText(const WorkerView& worker);

// Wide: also what each needs for a step of its own, its instructions and its full name.
std::string WorkerTable(const std::vector<WorkerView>& workers,
                        TableWidth width = TableWidth::kNormal);
std::string PoolTable(const std::vector<PoolView>& pools);
std::string PoolDescription(const PoolView& pool);

std::string AuditTable(const std::vector<AuditEventView>& events, double now);

std::string ServerInfoText(const ServerInfoView& info, double now);
std::string ServerStatusText(const ClusterView& status);

// The workers that `name` may stand for: "pools/POOL/workers/RANK", "POOL/RANK", or "HOST/RANK", as
// jobs name the workers they had.
std::vector<WorkerView> FindWorkers(const std::vector<PoolView>& pools, const std::string& name);

}  // namespace descent
