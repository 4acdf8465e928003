#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>
#include <string>

#include "coordinator/job_view.h"
#include "coordinator/request_error.h"
#include "coordinator/runtime.h"

namespace descent {

// What the calls that change a job, or something of it, have in common.

// Calls `change` on the owner thread of the state, unless the job is somebody else's: then the call
// is refused. A job that does not exist is for `change` to find out.
void ChangeOwnJob(Runtime& runtime, const grpc::CallbackServerContext& context,
                  const std::string& job_id, grpc::ServerUnaryReactor* reactor,
                  std::function<void(const State& state)> change);

// The job as users see it now.
v1::Job ViewJob(const Job& job, const State& state);

// Answers a call with the job that it made or changed, or with why it was refused, as RefuseJob.
Runtime::OnAnswer FinishWithJob(grpc::ServerUnaryReactor* reactor, v1::Job* response,
                                const std::string& job_id,
                                std::optional<JobCommand> command = std::nullopt);

// Why the runtime does not answer, as the caller hears it.
RequestError ToRequestError(const Refusal& refusal);

// Ends a call that the runtime does not answer.
Runtime::OnRefusal FinishRefused(grpc::ServerUnaryReactor* reactor);

}  // namespace descent
