#include "coordinator/request_error.h"

#include <string_view>

#include "common/check.h"
#include "coordinator/incident.h"
#include "google/rpc/status.pb.h"

namespace descent {
namespace {

// Clients of gRPC take 8 KiB of a status, its details in base64 among them.
constexpr std::size_t kMessageBytesMax = 1000;
constexpr std::size_t kTextBytesMax = 256;  // of any other text
constexpr std::size_t kDetailsBytesMax = 4096;
constexpr std::string_view kEllipsis = "...";

struct CodeRow {
  Code code;
  grpc::StatusCode grpc_code;
  std::string_view name;
};

constexpr CodeRow kCodes[] = {
    {Code::kOk, grpc::StatusCode::OK, "OK"},
    {Code::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT"},
    {Code::kNotFound, grpc::StatusCode::NOT_FOUND, "NOT_FOUND"},
    {Code::kAlreadyExists, grpc::StatusCode::ALREADY_EXISTS, "ALREADY_EXISTS"},
    {Code::kFailedPrecondition, grpc::StatusCode::FAILED_PRECONDITION, "FAILED_PRECONDITION"},
    {Code::kResourceExhausted, grpc::StatusCode::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"},
    {Code::kUnavailable, grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE"},
    {Code::kAborted, grpc::StatusCode::ABORTED, "ABORTED"},
    {Code::kCancelled, grpc::StatusCode::CANCELLED, "CANCELLED"},
    {Code::kDataLoss, grpc::StatusCode::DATA_LOSS, "DATA_LOSS"},
    {Code::kInternal, grpc::StatusCode::INTERNAL, "INTERNAL"},
};

const CodeRow& RowOf(Code code) {
  for (const CodeRow& row : kCodes)
    if (row.code == code) return row;
  FailCheck("code is known", __FILE__, __LINE__);
}

// As gRPC sends it in a message.
std::size_t EncodedBytes(char c) { return ' ' <= c && c <= '~' && c != '%' ? 1 : 3; }

// The beginning of a text that has more encoded bytes.
std::string Shortened(const std::string& text, std::size_t bytes_max) {
  std::size_t bytes = 0;
  for (const char c : text) bytes += EncodedBytes(c);
  if (bytes <= bytes_max) return text;
  std::size_t end = 0;
  for (bytes = kEllipsis.size(); bytes + EncodedBytes(text[end]) <= bytes_max; ++end)
    bytes += EncodedBytes(text[end]);
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not within a character of UTF-8
  return text.substr(0, end).append(kEllipsis);
}

// `Error` has a reason and metadata.
template <typename Error>
google::rpc::ErrorInfo MakeErrorInfo(const Error& error) {
  google::rpc::ErrorInfo detail;
  detail.set_reason(error.reason);
  detail.set_domain(kErrorDomain);
  for (const auto& [key, value] : error.metadata)
    (*detail.mutable_metadata())[key] = Shortened(value, kTextBytesMax);
  return detail;
}

void AddResource(const RequestError& error, google::rpc::Status& details) {
  if (error.status.code() == Code::kFailedPrecondition) {
    google::rpc::PreconditionFailure detail;
    auto* violation = detail.add_violations();
    violation->set_type(error.reason);
    violation->set_subject(Shortened(error.resource->name, kTextBytesMax));
    violation->set_description(details.message());
    details.add_details()->PackFrom(detail);
    return;
  }
  google::rpc::ResourceInfo detail;
  detail.set_resource_type(error.resource->type);
  detail.set_resource_name(Shortened(error.resource->name, kTextBytesMax));
  detail.set_description(details.message());
  details.add_details()->PackFrom(detail);
}

// The first of them, as many as there is room for.
void AddViolations(const std::vector<Violation>& violations, google::rpc::Status& details) {
  google::rpc::BadRequest detail;
  for (const Violation& violation : violations) {
    auto* field = detail.add_field_violations();
    field->set_field(Shortened(violation.field, kTextBytesMax));
    field->set_description(Shortened(violation.message, kTextBytesMax));
    if (details.ByteSizeLong() + detail.ByteSizeLong() <= kDetailsBytesMax) continue;
    detail.mutable_field_violations()->RemoveLast();
    break;
  }
  details.add_details()->PackFrom(detail);
}

google::rpc::RetryInfo MakeRetryInfo(std::chrono::milliseconds delay) {
  google::rpc::RetryInfo detail;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay);
  detail.mutable_retry_delay()->set_seconds(seconds.count());
  detail.mutable_retry_delay()->set_nanos(
      static_cast<std::int32_t>(std::chrono::nanoseconds(delay - seconds).count()));
  return detail;
}

google::rpc::QuotaFailure MakeQuotaFailure(const RequestError& error, const std::string& message) {
  google::rpc::QuotaFailure detail;
  auto* violation = detail.add_violations();
  violation->set_subject(Shortened(error.quota_subject, kTextBytesMax));
  violation->set_description(message);
  return detail;
}

google::rpc::Help MakeHelp(const std::vector<HelpLink>& links) {
  google::rpc::Help detail;
  for (const HelpLink& link : links) {
    auto* added = detail.add_links();
    added->set_description(link.description);
    added->set_url(link.url);
  }
  return detail;
}

}  // namespace

RequestError ToRequestError(const Status& status) {
  return {status, std::string(RowOf(status.code()).name), {}, {}};
}

RequestError ServerDraining() {
  return {Status(Code::kUnavailable, "the coordinator is stopping"), "SERVER_DRAINING", {}, {}};
}

std::optional<std::chrono::milliseconds> RetryDelayOf(const RequestError& error) {
  if (error.retry_delay || error.status.code() != Code::kUnavailable) return error.retry_delay;
  return std::chrono::seconds(1);
}

grpc::Status ToGrpcStatus(const RequestError& error) {
  DESCENT_CHECK(!error.status.ok());
  if (IsUnreported(error)) return ToGrpcStatus(ReportIncident(error.status));
  const grpc::StatusCode code = error.grpc_code.value_or(ToGrpcCode(error.status.code()));
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(Shortened(error.status.message(), kMessageBytesMax));
  details.add_details()->PackFrom(MakeErrorInfo(error));
  if (error.resource) AddResource(error, details);
  if (const auto delay = RetryDelayOf(error))
    details.add_details()->PackFrom(MakeRetryInfo(*delay));
  if (!error.quota_subject.empty())
    details.add_details()->PackFrom(MakeQuotaFailure(error, details.message()));
  if (!error.violations.empty()) AddViolations(error.violations, details);
  return grpc::Status(code, details.message(), details.SerializeAsString());
}

grpc::Status ToGrpcStatus(const Status& status) {
  return status.ok() ? grpc::Status::OK : ToGrpcStatus(ToRequestError(status));
}

grpc::Status ToGrpcStatus(const AccessError& error) {
  const grpc::StatusCode code = error.kind == AccessError::Kind::kUnauthenticated
                                    ? grpc::StatusCode::UNAUTHENTICATED
                                    : grpc::StatusCode::PERMISSION_DENIED;
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(Shortened(error.message, kMessageBytesMax));
  details.add_details()->PackFrom(MakeErrorInfo(error));
  if (!error.help.empty()) details.add_details()->PackFrom(MakeHelp(error.help));
  return grpc::Status(code, details.message(), details.SerializeAsString());
}

grpc::StatusCode ToGrpcCode(Code code) { return RowOf(code).grpc_code; }

}  // namespace descent
