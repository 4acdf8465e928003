#pragma once

#include <grpcpp/support/status.h>

#include "client/api/reply.h"
#include "client/api/types.h"
#include "descent/v1/service.pb.h"

namespace descent {

// From the wire to what the commands show.

// Proto3 JSON with the schema's field names.
std::string ToJson(const google::protobuf::Message& message);

// Making it takes most of the time of a long list.
enum class JsonText { kMade, kLeftOut };

JobView ToView(const v1::Job& job, JsonText json = JsonText::kMade);
AttemptView ToView(const v1::Attempt& attempt);
JobEventView ToView(const v1::JobEvent& event);
CheckpointView ToView(const v1::Checkpoint& checkpoint, JsonText json = JsonText::kMade);
MetricCurves ToView(const v1::QueryMetricsResponse& response);
MetricPointView ToView(const v1::MetricPoint& point);
MetricSeriesList ToSeries(const google::protobuf::RepeatedPtrField<v1::MetricSeries>& series);
MetricSummaryView ToView(const v1::MetricSummary& summary);
ComparisonView ToView(const v1::CompareJobsResponse& response);
ClusterView ToView(const v1::ClusterStatus& status);
PoolView ToView(const v1::Pool& pool);
WorkerView ToView(const v1::Worker& worker);
ServerInfoView ToView(const v1::ServerInfo& info);
AuditEventView ToView(const v1::AuditEvent& event);
StateBackupView ToView(const v1::StateBackup& backup);

// A failed call, with the details of google.rpc.Status where the coordinator gave them.
ApiError ToApiError(const grpc::Status& status, const std::string& address);

}  // namespace descent
