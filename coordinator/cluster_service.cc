#include "coordinator/cluster_service.h"

#include <chrono>
#include <utility>
#include <variant>

#include "common/clock.h"
#include "common/log.h"
#include "coordinator/answer_on.h"
#include "coordinator/audit_log.h"
#include "coordinator/call_context.h"
#include "coordinator/job_view.h"
#include "coordinator/list_page.h"
#include "coordinator/owned_job.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"
#include "coordinator/state_backup.h"

namespace descent {
namespace {

grpc::Status RefuseWorker(const Status& status, const std::string& name) {
  RequestError error = ToRequestError(status);
  error.metadata["worker"] = name;
  error.resource = {.type = "Worker", .name = name};
  if (status.code() == Code::kInvalidArgument) error.reason = "NAME_INVALID";
  if (status.code() == Code::kNotFound) error.reason = "WORKER_NOT_FOUND";
  return ToGrpcStatus(error);
}

grpc::Status RefuseBackup(const Status& status) {
  RequestError error = ToRequestError(status);
  if (status.code() == Code::kInvalidArgument) error.reason = "NAME_INVALID";
  if (status.code() == Code::kAlreadyExists) error.reason = "BACKUP_EXISTS";
  if (status.code() == Code::kAborted) error.reason = "OPERATION_IN_PROGRESS";
  if (status.code() == Code::kResourceExhausted) error.reason = "DISK_FULL";
  return ToGrpcStatus(error);
}

v1::AuditEvent Encode(const AuditEvent& event) {
  v1::AuditEvent encoded;
  encoded.set_sequence(event.sequence);
  encoded.set_time(event.time);
  encoded.set_actor(event.change.actor);
  encoded.set_type(event.change.type);
  encoded.set_subject(event.change.subject);
  encoded.set_message(event.change.message);
  return encoded;
}

// Nothing: it is not attached.
std::optional<v1::Worker> FindWorker(const State& state, const WorkerName& name) {
  for (const PoolView& pool : state.pools())
    for (const WorkerView& worker : pool.workers)
      if (pool.name == name.pool && worker.world_rank == name.world_rank)
        return ToProto(worker, pool, MonotonicNow());
  return std::nullopt;
}

}  // namespace

grpc::ServerUnaryReactor* ClusterService::GetClusterStatus(grpc::CallbackServerContext* context,
                                                           const v1::GetClusterStatusRequest*,
                                                           v1::ClusterStatus* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor,
           [this, response, reactor] { reactor->Finish(Answer(response)); });
  return reactor;
}

grpc::Status ClusterService::Answer(v1::ClusterStatus* response) {
  const Result<ClusterSnapshot> snapshot = runtime_.Snapshot();
  if (!snapshot.ok()) return ToGrpcStatus(snapshot.status());
  response->set_version(DESCENT_VERSION);
  response->set_uptime_seconds(SecondsBetween(start_, MonotonicNow()));
  response->set_http_address(facts_.http_address);
  for (const auto& [state, count] : CountJobsByState(snapshot.value()))
    (*response->mutable_jobs())[state] = count;
  for (const PoolView& pool : snapshot.value().pools)
    *response->add_pools() = ToProto(pool, snapshot.value().now);
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* ClusterService::GetServerInfo(grpc::CallbackServerContext* context,
                                                        const v1::GetServerInfoRequest*,
                                                        v1::ServerInfo* response) {
  response->set_version(DESCENT_VERSION);
  response->add_api_versions("v1");
  response->set_start_time(SecondsSinceEpoch(start_time_));
  response->set_state_directory(runtime_.store_path().parent_path().string());
  response->set_checkpoint_root(facts_.checkpoint_root);
  response->set_http_address(facts_.http_address);
  response->set_requires_tokens(facts_.requires_tokens);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::ListPools(grpc::CallbackServerContext* context,
                                                    const v1::ListPoolsRequest* request,
                                                    v1::ListPoolsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto read = [request, response, reactor](const State& state) {
    auto page = ListPoolsPage(*request, state.pools(), MonotonicNow());
    if (const auto* error = std::get_if<RequestError>(&page))
      return reactor->Finish(ToGrpcStatus(*error));
    *response = std::get<v1::ListPoolsResponse>(std::move(page));
    reactor->Finish(grpc::Status::OK);
  };
  runtime_.Read(read, FinishRefused(reactor));
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::ListWorkers(grpc::CallbackServerContext* context,
                                                      const v1::ListWorkersRequest* request,
                                                      v1::ListWorkersResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto read = [request, response, reactor](const State& state) {
    auto page = ListWorkersPage(*request, state.pools(), MonotonicNow());
    if (const auto* error = std::get_if<RequestError>(&page))
      return reactor->Finish(ToGrpcStatus(*error));
    *response = std::get<v1::ListWorkersResponse>(std::move(page));
    reactor->Finish(grpc::Status::OK);
  };
  runtime_.Read(read, FinishRefused(reactor));
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::Command(grpc::CallbackServerContext* context,
                                                  const std::string& name, WorkerCommand command,
                                                  v1::Worker* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Result<WorkerName> parsed = ParseWorkerName(name);
  if (!parsed.ok()) {
    reactor->Finish(RefuseWorker(parsed.status(), name));
    return reactor;
  }
  const WorkerName& worker = parsed.value();
  const auto on_answer = [worker, name, response, reactor](const descent::Answer& answer,
                                                           const State& state) {
    if (!answer.status.ok()) return reactor->Finish(RefuseWorker(answer.status, name));
    const std::optional<v1::Worker> changed = FindWorker(state, worker);
    if (!changed)
      return reactor->Finish(
          RefuseWorker(Status(Code::kNotFound, "the worker is gone since"), name));
    *response = *changed;
    reactor->Finish(grpc::Status::OK);
  };
  runtime_.ChangeWorker(CommandWorker{.pool = worker.pool,
                                      .world_rank = worker.world_rank,
                                      .command = command,
                                      .origin = OriginOf(CallerOf(*context))},
                        on_answer, FinishRefused(reactor));
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::CordonWorker(grpc::CallbackServerContext* context,
                                                       const v1::CordonWorkerRequest* request,
                                                       v1::Worker* response) {
  return Command(context, request->name(), WorkerCommand::kCordon, response);
}

grpc::ServerUnaryReactor* ClusterService::UncordonWorker(grpc::CallbackServerContext* context,
                                                         const v1::UncordonWorkerRequest* request,
                                                         v1::Worker* response) {
  return Command(context, request->name(), WorkerCommand::kUncordon, response);
}

grpc::ServerUnaryReactor* ClusterService::DrainWorker(grpc::CallbackServerContext* context,
                                                      const v1::DrainWorkerRequest* request,
                                                      v1::Worker* response) {
  return Command(context, request->name(), WorkerCommand::kDrain, response);
}

grpc::ServerUnaryReactor* ClusterService::BackupState(grpc::CallbackServerContext* context,
                                                      const v1::BackupStateRequest* request,
                                                      v1::StateBackup* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor, [this, request, response, reactor] {
    reactor->Finish(BackUp(request->name(), response));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ClusterService::ListAuditEvents(grpc::CallbackServerContext* context,
                                                          const v1::ListAuditEventsRequest* request,
                                                          v1::ListAuditEventsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor,
           [this, request, response, reactor] { reactor->Finish(ListAudit(*request, response)); });
  return reactor;
}

grpc::Status ClusterService::ListAudit(const v1::ListAuditEventsRequest& request,
                                       v1::ListAuditEventsResponse* response) {
  const auto size = PageSizeOf(request.page_size());
  if (const auto* error = std::get_if<RequestError>(&size)) return ToGrpcStatus(*error);
  const int page_size = std::get<int>(size);
  const std::optional<std::int64_t> before = ParseSequenceToken(request.page_token());
  if (!before) return ToGrpcStatus(UnknownPageToken(request.page_token()));
  // One more than the page has says whether another page follows.
  const Result<std::vector<AuditEvent>> found =
      ReadAuditEvents(runtime_.store_path(), *before == 0 ? std::nullopt : before, page_size + 1);
  if (!found.ok()) return ToGrpcStatus(found.status());
  for (const AuditEvent& event : found.value()) {
    if (response->events_size() == page_size) {
      response->set_next_page_token(std::to_string(response->events().rbegin()->sequence()));
      break;
    }
    *response->add_events() = Encode(event);
  }
  return grpc::Status::OK;
}

grpc::Status ClusterService::BackUp(const std::string& name, v1::StateBackup* response) {
  const std::unique_lock lock(backup_, std::try_to_lock);
  if (!lock) return RefuseBackup(Status(Code::kAborted, "another backup is being made"));
  const WallTime now = WallNow();
  const Result<StateBackup> made =
      BackUpState(runtime_.store_path(), runtime_.metrics(), name, now);
  if (!made.ok()) return RefuseBackup(made.status());
  const StateBackup& backup = made.value();
  LogInfo("state backed up directory={} jobs={} bytes={}", backup.directory.string(), backup.jobs,
          backup.bytes);
  response->set_name(backup.directory.filename().string());
  response->set_directory(backup.directory.string());
  response->set_bytes(backup.bytes);
  response->set_jobs(backup.jobs);
  response->set_create_time(SecondsSinceEpoch(now));
  return grpc::Status::OK;
}

}  // namespace descent
