#include "coordinator/owned_job.h"

#include <chrono>
#include <utility>

#include "coordinator/authenticator.h"
#include "coordinator/call_context.h"
#include "coordinator/job_refusal.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kRetryDelay{1};

}  // namespace

v1::Job ViewJob(const Job& job, const State& state) {
  return ToProto(job, state.QueuePositionOf(job.id));
}

Runtime::OnAnswer FinishWithJob(grpc::ServerUnaryReactor* reactor, v1::Job* response,
                                const std::string& job_id, std::optional<JobCommand> command) {
  return [reactor, response, job_id, command](const Answer& answer, const State& state) {
    if (!answer.status.ok())
      return reactor->Finish(
          ToGrpcStatus(RefuseJob(answer.status, job_id, state.FindJob(job_id), command)));
    const Job* job = state.FindJob(answer.job_id);
    // It may have been deleted by the next event of the same transaction.
    if (job == nullptr) return reactor->Finish(ToGrpcStatus(JobNotFound(answer.job_id)));
    *response = ViewJob(*job, state);
    reactor->Finish(grpc::Status::OK);
  };
}

RequestError ToRequestError(const Refusal& refusal) {
  RequestError error{refusal.status, refusal.reason, {}, {}};
  if (refusal.status.code() != Code::kInternal) error.retry_delay = kRetryDelay;
  return error;
}

Runtime::OnRefusal FinishRefused(grpc::ServerUnaryReactor* reactor) {
  return
      [reactor](const Refusal& refusal) { reactor->Finish(ToGrpcStatus(ToRequestError(refusal))); };
}

void ChangeOwnJob(Runtime& runtime, const grpc::CallbackServerContext& context,
                  const std::string& job_id, grpc::ServerUnaryReactor* reactor,
                  std::function<void(const State& state)> change) {
  const Caller& caller = CallerOf(context);
  const auto check = [&caller, job_id, reactor, change = std::move(change)](const State& state) {
    const Job* job = state.FindJob(job_id);
    if (job != nullptr && !MayChange(caller, *job))
      return reactor->Finish(ToGrpcStatus(NotTheOwner(caller, *job)));
    change(state);
  };
  runtime.Read(check, FinishRefused(reactor));
}

}  // namespace descent
