#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "common/status.h"
#include "coordinator/http_message.h"
#include "coordinator/request_error.h"

namespace descent {

// Messages in JSON with lowerCamelCase names; 64-bit integers are strings, and fields with their
// default are written, too. Errors are
//   {"error":{"code":404,"status":"NOT_FOUND","message":"…","details":[{"@type":…,"reason":…},…]}}
// with the details that the same error has over gRPC (request_error.h), ErrorInfo first, and the
// code that google.rpc gives its status. Source: https://google.aip.dev/193.

inline constexpr char kJsonType[] = "application/json; charset=utf-8";
inline constexpr char kTextType[] = "text/plain; charset=utf-8";

// The same for messages that say the same: JSON is not, because it has maps in any order.
std::string Fingerprint(const google::protobuf::Message& message);
std::string Fingerprint(std::string_view text);

std::string ToJson(const google::protobuf::Message& message);
HttpResponse JsonResponse(const google::protobuf::Message& message);

// `code` is HTTP's, `status` the name of the gRPC code.
HttpResponse ErrorResponse(int code, std::string_view status, std::string_view message,
                           std::string_view reason);
HttpResponse ErrorResponse(const RequestError& error);
HttpResponse ErrorResponse(const AccessError& error);
HttpResponse ErrorResponse(const Status& status);  // the reason is the code's name
HttpResponse ErrorResponse(const Status& status, std::string reason);
// Of a call that was made; not ok. One of gRPC's own has its code's name as the reason.
HttpResponse ErrorResponse(const grpc::Status& status);
// Of a job that was looked for: JOB_NOT_FOUND.
HttpResponse JobError(const Status& status, const std::string& job_id);
HttpResponse PathNotFound(const std::string& path);

}  // namespace descent
