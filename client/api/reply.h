#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/exit_code.h"
#include "common/check.h"
#include "common/job_spec.h"

namespace descent {

// Why the coordinator, or the way to it, refused a call.
struct ApiError {
  ExitCode exit_code = ExitCode::kError;
  std::string reason;  // "SPEC_INVALID"; "TLS_FAILED" of the way there; else empty if not of the
                       // coordinator
  std::string message;
  std::vector<Violation> violations;  // of a spec that is refused
};

// The exit code that a gRPC status code stands for.
ExitCode ExitCodeOf(int grpc_code);

// The value, or the error, of one call.
template <typename T>
class [[nodiscard]] Reply {
 public:
  Reply(T value) : value_(std::move(value)) {}         // NOLINT: implicit
  Reply(ApiError error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return value_.has_value(); }
  const ApiError& error() const { return error_; }

  // Aborts if there is none.
  const T& value() const {
    DESCENT_CHECK(ok());
    return *value_;
  }

 private:
  std::optional<T> value_;
  ApiError error_;
};

}  // namespace descent
