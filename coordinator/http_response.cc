#include "coordinator/http_response.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/hash.h"
#include "coordinator/incident.h"

namespace descent {
namespace {

constexpr char kDomain[] = "descent.dev";

int HttpCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kFailedPrecondition:
      return 412;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

int HttpCodeOf(const RequestError& error) {
  if (error.grpc_code == grpc::StatusCode::OUT_OF_RANGE) return 400;
  return HttpCodeOf(error.status.code());
}

HttpResponse MakeError(int code, std::string_view status, std::string_view message,
                       nlohmann::json details) {
  const nlohmann::json body = {{"error",
                                {{"code", code},
                                 {"status", status},
                                 {"message", message},
                                 {"details", std::move(details)}}}};
  return {code, kJsonType, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

nlohmann::json TypeOf(std::string_view message) {
  return std::string("type.googleapis.com/google.rpc.").append(message);
}

nlohmann::json ErrorInfo(std::string_view reason) {
  return {{"@type", TypeOf("ErrorInfo")}, {"reason", reason}, {"domain", kDomain}};
}

nlohmann::json FieldViolations(const std::vector<Violation>& violations) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Violation& violation : violations)
    rows.push_back({{"field", violation.field}, {"description", violation.message}});
  return {{"@type", TypeOf("BadRequest")}, {"fieldViolations", std::move(rows)}};
}

nlohmann::json ResourceInfo(const ErrorResource& resource) {
  return {{"@type", TypeOf("ResourceInfo")},
          {"resourceType", resource.type},
          {"resourceName", resource.name}};
}

nlohmann::json RetryInfo(std::chrono::milliseconds delay) {
  return {{"@type", TypeOf("RetryInfo")},
          {"retryDelay", fmt::format("{}.{:03}s", delay.count() / 1000, delay.count() % 1000)}};
}

nlohmann::json Help(const std::vector<HelpLink>& links) {
  nlohmann::json rows = nlohmann::json::array();
  for (const HelpLink& link : links)
    rows.push_back({{"description", link.description}, {"url", link.url}});
  return {{"@type", TypeOf("Help")}, {"links", std::move(rows)}};
}

// In whole seconds, as the header has it.
std::string RetryAfter(std::chrono::milliseconds delay) {
  return std::to_string((delay.count() + 999) / 1000);
}

}  // namespace

std::string Fingerprint(std::string_view text) {
  return Hash(std::as_bytes(std::span<const char>(text))).ToHex();
}

std::string Fingerprint(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    DESCENT_CHECK(message.SerializeToCodedStream(&coded));
  }
  return Fingerprint(bytes);
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  DESCENT_CHECK(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

HttpResponse JsonResponse(const google::protobuf::Message& message) {
  HttpResponse response{200, kJsonType, ToJson(message)};
  response.entity_tag = Fingerprint(message);
  return response;
}

HttpResponse ErrorResponse(int code, std::string_view status, std::string_view message,
                           std::string_view reason) {
  return MakeError(code, status, message, nlohmann::json::array({ErrorInfo(reason)}));
}

HttpResponse ErrorResponse(const RequestError& error) {
  if (IsUnreported(error)) return ErrorResponse(ReportIncident(error.status));
  nlohmann::json info = ErrorInfo(error.reason);
  if (!error.metadata.empty()) info["metadata"] = error.metadata;
  nlohmann::json details = nlohmann::json::array();
  details.push_back(std::move(info));
  if (!error.violations.empty()) details.push_back(FieldViolations(error.violations));
  if (error.resource) details.push_back(ResourceInfo(*error.resource));
  const std::optional<std::chrono::milliseconds> delay = RetryDelayOf(error);
  if (delay) details.push_back(RetryInfo(*delay));
  HttpResponse response =
      MakeError(HttpCodeOf(error), GrpcCodeName(error), error.status.message(), std::move(details));
  if (delay) response.headers.emplace_back("Retry-After", RetryAfter(*delay));
  return response;
}

HttpResponse ErrorResponse(const Status& status) { return ErrorResponse(ToRequestError(status)); }

HttpResponse ErrorResponse(const Status& status, std::string reason) {
  return ErrorResponse(RequestError{status, std::move(reason), {}, {}});
}

HttpResponse ErrorResponse(const AccessError& error) {
  if (error.kind == AccessError::Kind::kPermissionDenied)
    return ErrorResponse(403, "PERMISSION_DENIED", error.message, error.reason);
  nlohmann::json details = nlohmann::json::array({ErrorInfo(error.reason)});
  if (!error.help.empty()) details.push_back(Help(error.help));
  HttpResponse response = MakeError(401, "UNAUTHENTICATED", error.message, std::move(details));
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse JobError(const Status& status) {
  return status.code() == Code::kNotFound ? ErrorResponse(status, "JOB_NOT_FOUND")
                                          : ErrorResponse(status);
}

HttpResponse PathNotFound(const std::string& path) {
  return ErrorResponse(Status(Code::kNotFound, "there is nothing at " + path), "PATH_NOT_FOUND");
}

}  // namespace descent
