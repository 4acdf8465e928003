#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/cluster_snapshot.h"
#include "coordinator/event_log.h"
#include "coordinator/job.h"
#include "coordinator/metric_store.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"

namespace descent {

// What users see of the coordinator's values: the messages of proto/descent/v1/service.proto.

v1::JobState ToProto(JobState state);

v1::Job ToProto(const Job& job, const std::optional<QueuePosition>& queue_position);

// Of a job that waits.
std::optional<QueuePosition> FindQueuePosition(const ClusterSnapshot& snapshot,
                                               const std::string& job_id);

// Without the names of its files, which only the disk knows.
v1::Checkpoint ToProto(const Job& job, const CheckpointRecord& checkpoint);

// One page of the attempts that a job remembers, ascending. PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
std::variant<v1::ListJobAttemptsResponse, RequestError> ListAttemptsPage(
    const v1::ListJobAttemptsRequest& request, const Job& job);

v1::Pool ToProto(const PoolView& pool, MonotonicTime now);
v1::Worker ToProto(const WorkerView& worker, const PoolView& pool, MonotonicTime now);

// One page of the workers of `pools`, which are by name, each with its workers by world rank. The
// token is the name of the page's last worker. PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
std::variant<v1::ListWorkersResponse, RequestError> ListWorkersPage(
    const v1::ListWorkersRequest& request, const std::vector<PoolView>& pools, MonotonicTime now);

// One page of `pools`, which are by name. PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
std::variant<v1::ListPoolsResponse, RequestError> ListPoolsPage(const v1::ListPoolsRequest& request,
                                                                const std::vector<PoolView>& pools,
                                                                MonotonicTime now);

v1::MetricSummary ToProto(const MetricSummary& summary);

v1::QueryMetricsResponse ToProto(const std::vector<MetricCurve>& curves);

// One page of a job's events, ascending; `events` reads the first of them after a sequence number.
// PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID, and the errors of `events`.
using ReadJobEvents =
    std::function<Result<std::vector<StoredEvent>>(std::int64_t after, int count_max)>;
std::variant<v1::ListJobEventsResponse, RequestError> ListEventsPage(
    const v1::ListJobEventsRequest& request, const ReadJobEvents& events);

}  // namespace descent
