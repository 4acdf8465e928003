#include "coordinator/http_response.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/hash.h"

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

nlohmann::json ErrorInfo(std::string_view reason) {
  return {{"reason", reason}, {"domain", kDomain}};
}

nlohmann::json FieldViolations(const std::vector<Violation>& violations) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Violation& violation : violations)
    rows.push_back({{"field", violation.field}, {"description", violation.message}});
  return {{"fieldViolations", std::move(rows)}};
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
  nlohmann::json info = ErrorInfo(error.reason);
  if (!error.metadata.empty()) info["metadata"] = error.metadata;
  nlohmann::json details = nlohmann::json::array();
  details.push_back(std::move(info));
  if (!error.violations.empty()) details.push_back(FieldViolations(error.violations));
  return MakeError(HttpCodeOf(error), GrpcCodeName(error), error.status.message(),
                   std::move(details));
}

HttpResponse ErrorResponse(const Status& status) { return ErrorResponse(ToRequestError(status)); }

HttpResponse ErrorResponse(const Status& status, std::string reason) {
  return ErrorResponse(RequestError{status, std::move(reason), {}, {}});
}

HttpResponse ErrorResponse(const AccessError& error) {
  if (error.kind == AccessError::Kind::kPermissionDenied)
    return ErrorResponse(403, "PERMISSION_DENIED", error.message, error.reason);
  HttpResponse response = ErrorResponse(401, "UNAUTHENTICATED", error.message, error.reason);
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
