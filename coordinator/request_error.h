#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/status.h"

namespace descent {

// What an error is about.
struct ErrorResource {
  std::string type;  // "Job"
  std::string name;  // "jobs/{job}"
};

// Where the caller reads on, or what they run.
struct HelpLink {
  std::string description;  // "an admin makes one: descent token create …"
  std::string url;
};

// Of each ErrorInfo: whose reasons they are.
inline constexpr char kErrorDomain[] = "descent.dev";

// Why a request is refused, in the error model of docs/api.md: the code says what the caller
// should do, the reason is for programs, the message for people.
struct RequestError {
  Status status;                                // not ok
  std::string reason;                           // UPPER_SNAKE_CASE: "JOB_NOT_FOUND"
  std::vector<Violation> violations;            // of a spec that is refused: all of them
  std::map<std::string, std::string> metadata;  // the message's variable parts
  std::optional<grpc::StatusCode> grpc_code{};  // where the status has no code as exact
  std::optional<ErrorResource> resource{};
  std::optional<std::chrono::milliseconds> retry_delay{};  // after which a repetition may succeed
  std::string quota_subject{};                             // whose quota is used up: "user:alice"
};

// Why a caller is not let in, whatever the call asks for.
struct AccessError {
  enum class Kind {
    kUnauthenticated,   // say who you are
    kPermissionDenied,  // ask for more rights
  };
  Kind kind = Kind::kUnauthenticated;
  std::string reason;  // as above
  std::string message;
  std::map<std::string, std::string> metadata;
  std::vector<HelpLink> help{};
};

// The same for an error that carries no reason of its own: "NOT_FOUND", "UNAVAILABLE", …
RequestError ToRequestError(const Status& status);

// Of a call that comes while the coordinator stops, and of a stream that ends by it.
RequestError ServerDraining();

// After which the call may succeed as it is; nothing: it needs a change. What is not available now
// passes by itself, what else does says so.
std::optional<std::chrono::milliseconds> RetryDelayOf(const RequestError& error);

// With google.rpc details in the trailing metadata: ErrorInfo (domain "descent.dev") always,
// BadRequest when there are violations, RetryInfo when the call may succeed later as it is,
// QuotaFailure of a quota, Help where a token is missing or no good, and of a resource
// ResourceInfo, or PreconditionFailure with FAILED_PRECONDITION. An error of ours, kInternal, is
// reported first (incident.h): its message is for the log alone. Texts that are too long for what
// clients take of a status are shortened, and of many violations the first are told.
grpc::Status ToGrpcStatus(const RequestError& error);
grpc::Status ToGrpcStatus(const Status& status);  // OK stays OK
grpc::Status ToGrpcStatus(const AccessError& error);

grpc::StatusCode ToGrpcCode(Code code);

}  // namespace descent
