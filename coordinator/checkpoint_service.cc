#include "coordinator/checkpoint_service.h"

#include <optional>
#include <utility>
#include <variant>

#include "coordinator/answer_on.h"
#include "coordinator/blocking_stream.h"
#include "coordinator/call_context.h"
#include "coordinator/checkpoint_files.h"
#include "coordinator/checkpoint_lookup.h"
#include "coordinator/checkpoint_streams.h"
#include "coordinator/excerpt.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_view.h"
#include "coordinator/list_page.h"
#include "coordinator/owned_job.h"
#include "coordinator/request_error.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

// `name` is what was asked for: a checkpoint.
grpc::Status RefuseCheckpoint(const Status& status, const char* reason_if_not_found,
                              const std::string& name) {
  return ToGrpcStatus(CheckpointError(status, reason_if_not_found, name));
}

std::variant<FoundCheckpoint, RequestError> Find(Runtime& runtime, const std::string& name) {
  return LookUpCheckpoint(name, [&](const std::string& job_id) { return runtime.FindJob(job_id); });
}

Status NoCheckpoint(const std::string& job_id, std::int64_t step) {
  return Status(Code::kNotFound, CheckpointNameOf(job_id, step) + " does not exist");
}

// Whether files of that step, if there are any, are left over from a deletion that was interrupted:
// no record has them, and no worker writes that step any more.
bool IsOffTheRecord(const Job& job, std::int64_t step) {
  return IsTerminal(job.state) || (!job.checkpoints.empty() && step < job.checkpoints.back().step);
}

// One DownloadCheckpoint call.
class Download final : public BlockingStream<v1::DownloadCheckpointResponse> {
 public:
  Download(Runtime& runtime, boost::asio::thread_pool& threads,
           const v1::DownloadCheckpointRequest& request)
      : BlockingStream(threads), runtime_(runtime), request_(request), offset_(request.offset()) {}

 private:
  void Begin() override {
    const auto found = Find(runtime_, request_.name());
    if (const auto* error = std::get_if<RequestError>(&found)) return Finish(ToGrpcStatus(*error));
    auto file = OpenCheckpointFile(std::get<FoundCheckpoint>(found), request_.file());
    if (const auto* error = std::get_if<RequestError>(&file)) return Finish(ToGrpcStatus(*error));
    file_.emplace(std::get<CheckpointFile>(std::move(file)));
    if (offset_ < 0 || offset_ > file_->size()) return Finish(RefuseOffset());
    chunk_.set_total_bytes(file_->size());
    GoOn();
  }

  void GoOn() override {
    // An empty file is answered with one empty chunk, which tells its size.
    if (offset_ == file_->size() && has_sent_) return Finish(grpc::Status::OK);
    Result<std::string> data = file_->ReadChunk(offset_);
    if (!data.ok()) return Finish(ToGrpcStatus(data.status()));
    offset_ += static_cast<std::int64_t>(data.value().size());
    chunk_.set_data(std::move(data).value());
    has_sent_ = true;
    Send(chunk_);
  }

  grpc::Status RefuseOffset() const {
    const std::string offset = std::to_string(offset_);
    const std::string size = std::to_string(file_->size());
    RequestError error{
        Status(Code::kInvalidArgument, "offset is " + offset + ", the file has " + size + " bytes"),
        "OFFSET_INVALID",
        {},
        {{"offset", offset}, {"size", size}}};
    error.grpc_code = grpc::StatusCode::OUT_OF_RANGE;
    return ToGrpcStatus(error);
  }

  Runtime& runtime_;
  const v1::DownloadCheckpointRequest request_;
  std::int64_t offset_;
  bool has_sent_ = false;
  std::optional<CheckpointFile> file_;
  v1::DownloadCheckpointResponse chunk_;  // owned by the write in progress
};

}  // namespace

Result<v1::Checkpoint> ViewCheckpoint(const Job& job, const CheckpointRecord& checkpoint) {
  DESCENT_ASSIGN(const std::vector<std::string> files, ListCheckpointFiles(checkpoint.directory));
  v1::Checkpoint view = ToProto(job, checkpoint);
  view.mutable_files()->Add(files.begin(), files.end());
  return view;
}

std::variant<v1::ListCheckpointsResponse, RequestError> ListCheckpointsPage(
    const v1::ListCheckpointsRequest& request, const Job& job) {
  v1::ListCheckpointsResponse response;
  auto error = FillPage(
      "checkpoints", request, job.checkpoints,
      [](const CheckpointRecord& checkpoint) { return PageKey(checkpoint.step); },
      [&](const CheckpointRecord& checkpoint) { return ViewCheckpoint(job, checkpoint); }, response,
      [](v1::ListCheckpointsResponse& page) { return page.mutable_checkpoints(); });
  if (error) return *std::move(error);
  return response;
}

grpc::ServerUnaryReactor* CheckpointService::ListCheckpoints(
    grpc::CallbackServerContext* context, const v1::ListCheckpointsRequest* request,
    v1::ListCheckpointsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(blocking_threads_, reactor,
           [this, request, response, reactor] { reactor->Finish(List(*request, response)); });
  return reactor;
}

grpc::Status CheckpointService::List(const v1::ListCheckpointsRequest& request,
                                     v1::ListCheckpointsResponse* response) {
  const Result<std::string> job_id = ParseJobName(request.job());
  if (!job_id.ok()) return ToGrpcStatus(NameInvalid(job_id.status(), request.job()));
  const Result<Job> job = runtime_.FindJob(job_id.value());
  if (!job.ok()) return ToGrpcStatus(RefuseJob(job.status(), job_id.value(), nullptr));
  auto page = ListCheckpointsPage(request, job.value());
  if (const auto* error = std::get_if<RequestError>(&page)) return ToGrpcStatus(*error);
  *response = std::get<v1::ListCheckpointsResponse>(std::move(page));
  return grpc::Status::OK;
}

void CheckpointService::FinishWith(const std::string& name, v1::Checkpoint* response,
                                   grpc::ServerUnaryReactor* reactor) {
  AnswerOn(blocking_threads_, reactor,
           [this, name, response, reactor] { reactor->Finish(Get(name, response)); });
}

grpc::ServerUnaryReactor* CheckpointService::GetCheckpoint(grpc::CallbackServerContext* context,
                                                           const v1::GetCheckpointRequest* request,
                                                           v1::Checkpoint* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  FinishWith(request->name(), response, reactor);
  return reactor;
}

grpc::Status CheckpointService::Get(const std::string& name, v1::Checkpoint* response) {
  const auto found = Find(runtime_, name);
  if (const auto* error = std::get_if<RequestError>(&found)) return ToGrpcStatus(*error);
  const auto& [job, checkpoint] = std::get<FoundCheckpoint>(found);
  Result<v1::Checkpoint> view = ViewCheckpoint(job, checkpoint);
  if (!view.ok()) return ToGrpcStatus(view.status());
  *response = std::move(view).value();
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* CheckpointService::UpdateCheckpoint(
    grpc::CallbackServerContext* context, const v1::UpdateCheckpointRequest* request,
    v1::Checkpoint* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Result<CheckpointName> name = ParseCheckpointName(request->name());
  if (!name.ok()) {
    reactor->Finish(RefuseCheckpoint(name.status(), "CHECKPOINT_NOT_FOUND", request->name()));
    return reactor;
  }
  const auto change = [this, name = name.value(), request, response, reactor,
                       origin = OriginOf(CallerOf(*context))](const State& state) {
    const Job* job = state.FindJob(name.job_id);
    if (job == nullptr) return FinishWith(request->name(), response, reactor);  // which says so
    const Result<CheckpointRecord> checkpoint = FindCheckpoint(*job, name);
    if (!checkpoint.ok() || !request->has_pinned())
      return FinishWith(request->name(), response, reactor);
    const std::int64_t step = checkpoint.value().step;
    const auto on_answer = [this, job_id = name.job_id, step, response, reactor](
                               const Answer& answer, const State&) {
      if (!answer.status.ok())
        return reactor->Finish(RefuseCheckpoint(answer.status, "CHECKPOINT_NOT_FOUND",
                                                CheckpointNameOf(job_id, step)));
      FinishWith(CheckpointNameOf(job_id, step), response, reactor);
    };
    runtime_.CommandCheckpoint(
        {.job_id = name.job_id,
         .step = step,
         .command = request->pinned() ? CheckpointCommand::kPin : CheckpointCommand::kUnpin,
         .origin = origin},
        on_answer, FinishRefused(reactor));
  };
  ChangeOwnJob(runtime_, *context, name.value().job_id, reactor, change);
  return reactor;
}

grpc::ServerUnaryReactor* CheckpointService::DeleteCheckpoint(
    grpc::CallbackServerContext* context, const v1::DeleteCheckpointRequest* request,
    v1::DeleteCheckpointResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Result<CheckpointName> name = ParseCheckpointName(request->name());
  const auto* step = name.ok() ? std::get_if<std::int64_t>(&name.value().step) : nullptr;
  if (step == nullptr) {
    reactor->Finish(
        RefuseCheckpoint(Status(Code::kInvalidArgument,
                                Excerpt(request->name()) +
                                    " must be jobs/{job}/checkpoints/{step}: an alias would name "
                                    "another checkpoint when the call is repeated"),
                         "CHECKPOINT_NOT_FOUND", request->name()));
    return reactor;
  }
  const auto change = [this, job_id = name.value().job_id, step = *step, reactor,
                       origin = OriginOf(CallerOf(*context))](const State& state) {
    Delete(state, job_id, step, origin, reactor);
  };
  ChangeOwnJob(runtime_, *context, name.value().job_id, reactor, change);
  return reactor;
}

// The record goes first: whoever finds a checkpoint on record finds all of its files. Files that
// are left where it is interrupted are removed when it is repeated.
void CheckpointService::Delete(const State& state, const std::string& job_id, std::int64_t step,
                               const Origin& origin, grpc::ServerUnaryReactor* reactor) {
  const Job* job = state.FindJob(job_id);
  if (job == nullptr) return reactor->Finish(ToGrpcStatus(JobNotFound(job_id)));
  const std::string name = CheckpointNameOf(job_id, step);
  // Under the next generation's name: the present one takes away what its own has left.
  const auto remove = [this, root = state.CheckpointDirectoryOf(job_id), job_id, step, name,
                       generation = state.generation() + 1, reactor](bool must_exist) {
    AnswerOn(blocking_threads_, reactor, [=] {
      const Result<bool> removed = RemoveCheckpointFiles(root, step, generation);
      if (must_exist && removed.ok() && !removed.value())
        return reactor->Finish(
            RefuseCheckpoint(NoCheckpoint(job_id, step), "CHECKPOINT_NOT_FOUND", name));
      reactor->Finish(ToGrpcStatus(removed.status()));
    });
  };
  const Result<CheckpointRecord> checkpoint = FindCheckpoint(*job, {job_id, step});
  if (!checkpoint.ok() && IsOffTheRecord(*job, step)) return remove(/*must_exist=*/true);
  if (!checkpoint.ok())
    return reactor->Finish(RefuseCheckpoint(checkpoint.status(), "CHECKPOINT_NOT_FOUND", name));
  const auto on_answer = [remove, name, reactor](const Answer& answer, const State&) {
    if (!answer.status.ok())
      return reactor->Finish(RefuseCheckpoint(answer.status, "CHECKPOINT_NOT_FOUND", name));
    remove(/*must_exist=*/false);
  };
  runtime_.CommandCheckpoint(
      {.job_id = job_id, .step = step, .command = CheckpointCommand::kDelete, .origin = origin},
      on_answer, FinishRefused(reactor));
}

grpc::ServerUnaryReactor* CheckpointService::VerifyCheckpoint(
    grpc::CallbackServerContext* context, const v1::VerifyCheckpointRequest* request,
    v1::VerifyCheckpointResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  AnswerOn(verifying_thread_, reactor, [this, context, request, response, reactor] {
    reactor->Finish(Verify(request->name(), *context, response));
  });
  return reactor;
}

grpc::Status CheckpointService::Verify(const std::string& name,
                                       const grpc::CallbackServerContext& context,
                                       v1::VerifyCheckpointResponse* response) {
  const auto found = Find(runtime_, name);
  if (const auto* error = std::get_if<RequestError>(&found)) return ToGrpcStatus(*error);
  const auto& [job, checkpoint] = std::get<FoundCheckpoint>(found);
  const Result<std::int64_t> bytes = VerifyCheckpointFiles(
      checkpoint.directory, checkpoint.state_digest, [&context] { return context.IsCancelled(); });
  if (!bytes.ok()) {
    // Files that go while they are read are not damage.
    const auto again = Find(runtime_, CheckpointNameOf(job.id, checkpoint.step));
    if (const auto* error = std::get_if<RequestError>(&again)) return ToGrpcStatus(*error);
    RequestError refusal = CheckpointError(bytes.status(), "CHECKPOINT_CORRUPT",
                                           CheckpointNameOf(job.id, checkpoint.step));
    if (bytes.status().code() == Code::kFailedPrecondition)
      refusal.reason = "CHECKPOINT_FORMAT_UNKNOWN";
    return ToGrpcStatus(refusal);
  }
  *response->mutable_checkpoint() = ToProto(job, checkpoint);
  response->set_bytes(bytes.value());
  return grpc::Status::OK;
}

grpc::ServerWriteReactor<v1::DownloadCheckpointResponse>* CheckpointService::DownloadCheckpoint(
    grpc::CallbackServerContext* context, const v1::DownloadCheckpointRequest* request) {
  return LaunchStream<Download>(streams_, *context, runtime_, blocking_threads_, *request);
}

grpc::ServerWriteReactor<v1::ExportCheckpointResponse>* CheckpointService::ExportCheckpoint(
    grpc::CallbackServerContext* context, const v1::ExportCheckpointRequest* request) {
  return StartCheckpointExport(runtime_, exporter_, streams_, blocking_threads_, *context,
                               *request);
}

}  // namespace descent
