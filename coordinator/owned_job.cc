#include "coordinator/owned_job.h"

#include <utility>

#include "coordinator/authenticator.h"
#include "coordinator/call_context.h"
#include "coordinator/request_error.h"

namespace descent {

void FinishIfRefused(const Status& posted, grpc::ServerUnaryReactor* reactor) {
  if (!posted.ok()) reactor->Finish(ToGrpcStatus(posted));
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
  FinishIfRefused(runtime.Read(check), reactor);
}

}  // namespace descent
