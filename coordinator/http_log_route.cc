#include <charconv>
#include <optional>
#include <utility>

#include "common/log_text.h"
#include "coordinator/http_response.h"
#include "coordinator/http_routes.h"
#include "coordinator/log_request.h"
#include "coordinator/resource_name.h"
#include "proto/log_wire.h"

namespace descent {
namespace {

constexpr char kJsonLinesType[] = "application/x-ndjson; charset=utf-8";

Status RefuseParameter(const std::string& name, const std::string& text,
                       const std::string& wanted) {
  return Status(Code::kInvalidArgument, name + " has \"" + text + "\", wanted " + wanted);
}

Result<int> ParseWhole(const std::string& name, const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return RefuseParameter(name, text, "a number");
  return value;
}

// A parameter without a value counts as absent. Whether the values make sense is decided where
// gRPC's requests are checked, too.
Result<v1::StreamJobLogsRequest> ToLogRequest(const HttpParameters& parameters,
                                              const std::string& job_id) {
  v1::StreamJobLogsRequest request;
  request.set_name(JobName(job_id));
  for (const char* const name : {"rank", "ranks"})
    for (const std::string& text : ListParameter(parameters, name)) {
      DESCENT_ASSIGN(const int rank, ParseWhole(name, text));
      request.add_ranks(rank);
    }
  if (const std::string text = TextParameter(parameters, "attempt"); !text.empty()) {
    DESCENT_ASSIGN(const int attempt, ParseWhole("attempt", text));
    request.set_attempt(attempt);
  }
  if (const std::string text = TextParameter(parameters, "tail"); !text.empty()) {
    DESCENT_ASSIGN(const int tail, ParseWhole("tail", text));
    request.set_tail(tail);
  }
  if (const std::string text = TextParameter(parameters, "min_severity"); !text.empty()) {
    const std::optional<LogSeverity> severity = SeverityFromName(text);
    if (!severity) return RefuseParameter("min_severity", text, "debug, info, warning or error");
    request.set_min_severity(ToProto(*severity));
  }
  for (const std::string& text : ListParameter(parameters, "source")) {
    const std::optional<LogSource> source = LogSourceFromName(text);
    if (!source) return RefuseParameter("source", text, "log, stdout or stderr");
    request.add_sources(ToProto(*source));
  }
  request.set_contains(TextParameter(parameters, "contains"));
  request.set_resume_token(TextParameter(parameters, "resume_token"));
  return request;
}

// Without its place in the log, which a header has.
HttpResponse ToLines(const v1::StreamJobLogsResponse& answer, bool is_json) {
  HttpResponse response{200, is_json ? kJsonLinesType : kTextType, ""};
  for (const v1::LogLine& line : answer.lines()) {
    if (is_json) {
      response.body += ToJson(line) + '\n';
    } else {
      const Result<LogLine> decoded = FromProto(line);
      if (!decoded.ok()) return ErrorResponse(decoded.status());
      response.body += LogLineText(decoded.value()) + '\n';
    }
  }
  response.headers.emplace_back("Resume-Token", answer.resume_token());
  return response;
}

}  // namespace

HttpResponse HttpRoutes::JobLogs(const Call& call) const {
  const std::string format = TextParameter(call.parameters, "format");
  const bool is_text = format == "text";
  const bool is_json_lines = format == "jsonl";
  if (!is_text && !is_json_lines && format != "json" && !format.empty())
    return ErrorResponse(RefuseParameter("format", format, "json, jsonl or text"),
                         "FORMAT_INVALID");
  const auto request = ToLogRequest(call.parameters, call.job_id);
  if (!request.ok()) return ErrorResponse(request.status(), "FILTER_INVALID");
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status(), call.job_id);
  const auto answer = ReadLogOnce(*backend_->logs, found.value().job, request.value());
  if (const auto* error = std::get_if<RequestError>(&answer)) return ErrorResponse(*error);
  const auto& lines = std::get<v1::StreamJobLogsResponse>(answer);
  return is_text || is_json_lines ? ToLines(lines, is_json_lines) : JsonResponse(lines);
}

}  // namespace descent
