#include <charconv>
#include <optional>
#include <utility>

#include "coordinator/http_response.h"
#include "coordinator/http_routes.h"
#include "coordinator/log_request.h"
#include "coordinator/resource_name.h"
#include "proto/log_wire.h"

namespace descent {
namespace {

Status Refuse(const std::string& name, const std::string& text, const std::string& wanted) {
  return Status(Code::kInvalidArgument, name + " has \"" + text + "\", wanted " + wanted);
}

Result<int> ParseNumber(const std::string& name, const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return Refuse(name, text, "a number");
  return value;
}

// A parameter without a value counts as absent. Whether the values make sense is decided where
// gRPC's requests are checked, too.
Result<v1::StreamJobLogsRequest> ToLogRequest(const HttpParameters& parameters,
                                              const std::string& job_id) {
  v1::StreamJobLogsRequest request;
  request.set_name(JobName(job_id));
  for (const std::string& text : ListParameter(parameters, "ranks")) {
    DESCENT_ASSIGN(const int rank, ParseNumber("ranks", text));
    request.add_ranks(rank);
  }
  if (const std::string text = TextParameter(parameters, "attempt"); !text.empty()) {
    DESCENT_ASSIGN(const int attempt, ParseNumber("attempt", text));
    request.set_attempt(attempt);
  }
  if (const std::string text = TextParameter(parameters, "tail"); !text.empty()) {
    DESCENT_ASSIGN(const int tail, ParseNumber("tail", text));
    request.set_tail(tail);
  }
  if (const std::string text = TextParameter(parameters, "min_severity"); !text.empty()) {
    const std::optional<LogSeverity> severity = SeverityFromName(text);
    if (!severity) return Refuse("min_severity", text, "debug, info, warning or error");
    request.set_min_severity(ToProto(*severity));
  }
  request.set_contains(TextParameter(parameters, "contains"));
  request.set_resume_token(TextParameter(parameters, "resume_token"));
  return request;
}

}  // namespace

HttpResponse HttpRoutes::JobLogs(const Call& call) const {
  const auto request = ToLogRequest(call.parameters, call.job_id);
  if (!request.ok()) return ErrorResponse(request.status(), "FILTER_INVALID");
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status());
  const auto answer = ReadLogOnce(*backend_->logs, found.value().job, request.value());
  if (const auto* error = std::get_if<RequestError>(&answer)) return ErrorResponse(*error);
  return JsonResponse(std::get<v1::StreamJobLogsResponse>(answer));
}

}  // namespace descent
