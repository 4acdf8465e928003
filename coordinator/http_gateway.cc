#include "coordinator/http_gateway.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <string>
#include <utility>

#include "coordinator/http_response.h"
#include "coordinator/resource_name.h"
#include "descent/v1/service.grpc.pb.h"

namespace descent {
namespace {

using Stub = v1::JobService::Stub;

constexpr std::chrono::seconds kDeadline{30};

template <typename Request>
Result<Request> Decode(const JobChange& change) {
  Request request;
  if (!change.body.empty()) {
    const auto parsed = google::protobuf::util::JsonStringToMessage(change.body, &request);
    if (!parsed.ok())
      return Status(Code::kInvalidArgument, "the body is no " + request.GetDescriptor()->name() +
                                                " in JSON: " + parsed.ToString());
  }
  if constexpr (requires { request.set_name(""); }) request.set_name(JobName(change.job_id));
  return request;
}

HttpResponse ToResponse(const grpc::Status& status, const v1::Job& job) {
  return status.ok() ? HttpResponse{200, kJsonType, ToJson(job)} : ErrorResponse(status);
}

// Calls one of JobService's methods with the request that the change has in JSON.
template <typename Request>
HttpResponse Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, v1::Job*),
                  const JobChange& change) {
  const Result<Request> request = Decode<Request>(change);
  if (!request.ok()) return ErrorResponse(request.status(), "JSON_INVALID");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  if (!change.authorization.empty()) context.AddMetadata("authorization", change.authorization);
  v1::Job job;
  const grpc::Status status = (stub.*method)(&context, request.value(), &job);
  return ToResponse(status, job);
}

}  // namespace

void HttpGateway::Connect(std::shared_ptr<grpc::Channel> channel) {
  const std::lock_guard lock(mutex_);
  channel_ = std::move(channel);
}

HttpResponse HttpGateway::Make(const JobChange& change) const {
  std::shared_ptr<grpc::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    channel = channel_;
  }
  if (channel == nullptr)
    return ErrorResponse(Status(Code::kUnavailable, "the coordinator is starting; try again"));
  Stub stub(channel);
  switch (change.verb) {
    case JobVerb::kCreate:
      return Call(stub, &Stub::CreateJob, change);
    case JobVerb::kCancel:
      return Call(stub, &Stub::CancelJob, change);
    case JobVerb::kSuspend:
      return Call(stub, &Stub::SuspendJob, change);
    case JobVerb::kResume:
      return Call(stub, &Stub::ResumeJob, change);
  }
  return ErrorResponse(Status(Code::kInternal, "no such change"));
}

}  // namespace descent
