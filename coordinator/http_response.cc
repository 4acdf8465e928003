#include "coordinator/http_response.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "common/check.h"
#include "common/hash.h"
#include "coordinator/incident.h"
#include "coordinator/job_refusal.h"
#include "google/rpc/status.pb.h"

namespace descent {
namespace {

using nlohmann::json;

constexpr char kErrorDomain[] = "descent.dev";

struct HttpCodeRow {
  grpc::StatusCode grpc_code;
  int http_code;
  std::string_view name;
};

// Source: google/rpc/code.proto, "HTTP Mapping".
constexpr HttpCodeRow kHttpCodes[] = {
    {grpc::StatusCode::CANCELLED, 499, "CANCELLED"},
    {grpc::StatusCode::INVALID_ARGUMENT, 400, "INVALID_ARGUMENT"},
    {grpc::StatusCode::DEADLINE_EXCEEDED, 504, "DEADLINE_EXCEEDED"},
    {grpc::StatusCode::NOT_FOUND, 404, "NOT_FOUND"},
    {grpc::StatusCode::ALREADY_EXISTS, 409, "ALREADY_EXISTS"},
    {grpc::StatusCode::PERMISSION_DENIED, 403, "PERMISSION_DENIED"},
    {grpc::StatusCode::UNAUTHENTICATED, 401, "UNAUTHENTICATED"},
    {grpc::StatusCode::RESOURCE_EXHAUSTED, 429, "RESOURCE_EXHAUSTED"},
    {grpc::StatusCode::FAILED_PRECONDITION, 400, "FAILED_PRECONDITION"},
    {grpc::StatusCode::ABORTED, 409, "ABORTED"},
    {grpc::StatusCode::OUT_OF_RANGE, 400, "OUT_OF_RANGE"},
    {grpc::StatusCode::UNIMPLEMENTED, 501, "UNIMPLEMENTED"},
    {grpc::StatusCode::INTERNAL, 500, "INTERNAL"},
    {grpc::StatusCode::UNAVAILABLE, 503, "UNAVAILABLE"},
    {grpc::StatusCode::DATA_LOSS, 500, "DATA_LOSS"},
    {grpc::StatusCode::UNKNOWN, 500, "UNKNOWN"},
};

const HttpCodeRow& HttpRowOf(grpc::StatusCode code) {
  const auto* const found = std::ranges::find(kHttpCodes, code, &HttpCodeRow::grpc_code);
  return found == std::end(kHttpCodes) ? *std::rbegin(kHttpCodes) : *found;
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Paths and file names may be of any bytes; a message is of characters.
std::string InUtf8(const std::string& text) { return json::parse(Dump(text)).get<std::string>(); }

RequestError InUtf8(RequestError error) {
  error.status = Status(error.status.code(), InUtf8(error.status.message()));
  for (auto& [key, value] : error.metadata) value = InUtf8(value);
  for (Violation& violation : error.violations)
    violation = {InUtf8(violation.field), InUtf8(violation.message)};
  if (error.resource) error.resource->name = InUtf8(error.resource->name);
  error.quota_subject = InUtf8(error.quota_subject);
  return error;
}

json ErrorInfo(std::string_view reason) {
  return {{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
          {"reason", reason},
          {"domain", kErrorDomain}};
}

HttpResponse MakeError(int code, std::string_view status, std::string_view message, json details) {
  const json body = {{"error",
                      {{"code", code},
                       {"status", status},
                       {"message", message},
                       {"details", std::move(details)}}}};
  return {code, kJsonType, Dump(body)};
}

// As they are sent over gRPC; empty: it has none.
json DetailsOf(const grpc::Status& status) {
  google::rpc::Status packed;
  std::string text;
  if (!packed.ParseFromString(status.error_details()) ||
      !google::protobuf::util::MessageToJsonString(packed, &text).ok())
    return json::array();
  return json::parse(text).value("details", json::array());
}

// When to come back, in whole seconds; nothing: that is not told.
std::optional<std::string> RetryAfter(const json& details) {
  for (const json& detail : details)
    if (const auto delay = detail.find("retryDelay"); delay != detail.end())
      return std::to_string(std::lround(std::ceil(std::stod(delay->get<std::string>()))));
  return std::nullopt;
}

// `message` is that of the status, before it was shortened for gRPC's metadata.
HttpResponse MakeError(const grpc::Status& status, std::string_view message) {
  const HttpCodeRow& row = HttpRowOf(status.error_code());
  json details = DetailsOf(status);
  if (details.empty()) details.push_back(ErrorInfo(row.name));
  const std::optional<std::string> retry_after = RetryAfter(details);
  HttpResponse response = MakeError(row.http_code, row.name, message, std::move(details));
  if (retry_after) response.headers.emplace_back("Retry-After", *retry_after);
  if (row.http_code == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
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
  return MakeError(code, status, message, json::array({ErrorInfo(reason)}));
}

HttpResponse ErrorResponse(const RequestError& error) {
  if (IsUnreported(error)) return ErrorResponse(ReportIncident(error.status));
  const RequestError readable = InUtf8(error);
  return MakeError(ToGrpcStatus(readable), readable.status.message());
}

HttpResponse ErrorResponse(const Status& status) { return ErrorResponse(ToRequestError(status)); }

HttpResponse ErrorResponse(const Status& status, std::string reason) {
  return ErrorResponse(RequestError{status, std::move(reason), {}, {}});
}

HttpResponse ErrorResponse(const AccessError& error) {
  return MakeError(ToGrpcStatus(error), error.message);
}

HttpResponse ErrorResponse(const grpc::Status& status) {
  DESCENT_CHECK(!status.ok());
  return MakeError(status, status.error_message());
}

HttpResponse JobError(const Status& status, const std::string& job_id) {
  return ErrorResponse(RefuseJob(status, job_id, nullptr));
}

HttpResponse PathNotFound(const std::string& path) {
  return ErrorResponse(Status(Code::kNotFound, "there is nothing at " + path), "PATH_NOT_FOUND");
}

}  // namespace descent
