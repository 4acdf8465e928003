#include <utility>

#include "coordinator/http_accept.h"
#include "coordinator/http_response.h"
#include "coordinator/http_routes.h"

namespace descent {
namespace {

bool IsJson(const std::string& content_type) {
  const std::vector<Accepted> types = ParseAccept(content_type);
  return types.size() == 1 && types[0].value == "application/json";
}

}  // namespace

HttpResponse HttpRoutes::Change(JobVerb verb, const Call& call) const {
  const HttpRequest& request = call.request;
  if (!IsJson(request.content_type))
    return ErrorResponse(
        415, "INVALID_ARGUMENT",
        "Content-Type is \"" + request.content_type + "\", must be application/json",
        "CONTENT_TYPE_INVALID");
  const bool has_tokens = authenticator_.admission() == Admission::kTokens;
  return backend_->change({.verb = verb,
                           .job_id = call.job_id,
                           .body = request.body,
                           .authorization = has_tokens ? request.authorization : ""});
}

HttpResponse HttpRoutes::CreateJob(const Call& call) const {
  return Change(JobVerb::kCreate, call);
}

HttpResponse HttpRoutes::CancelJob(const Call& call) const {
  return Change(JobVerb::kCancel, call);
}

HttpResponse HttpRoutes::SuspendJob(const Call& call) const {
  return Change(JobVerb::kSuspend, call);
}

HttpResponse HttpRoutes::ResumeJob(const Call& call) const {
  return Change(JobVerb::kResume, call);
}

}  // namespace descent
