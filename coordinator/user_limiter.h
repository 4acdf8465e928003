#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "common/clock.h"
#include "coordinator/request_error.h"
#include "coordinator/role.h"
#include "coordinator/user_limits.h"

namespace descent {

// The place of one open stream, which is free again when its last copy is gone.
using StreamPlace = std::shared_ptr<void>;

// Holds users to their limits, before their calls are served. Any thread.
class UserLimiter {
 public:
  explicit UserLimiter(const UserLimits& limits) : limits_(limits) {}  // outlives the places

  // Before a stream is opened. kResourceExhausted TOO_MANY_STREAMS, with a delay for the next try.
  std::variant<StreamPlace, RequestError> OpenStream(const Caller& caller);

  // Before a call that changes something. kResourceExhausted RATE_LIMITED, with the delay after
  // which a call is admitted. Admins are, always.
  std::optional<RequestError> CountChange(const Caller& caller, MonotonicTime now);

  // The jobs that are not at their end that a submission of the caller may have beside it; 0: any
  // number.
  int LiveJobsMax(const Caller& caller) const;

 private:
  // The calls that a user may make at `time`: refilled steadily, up to the burst.
  struct Allowance {
    double calls = 0;
    MonotonicTime time;
  };

  Allowance& RefilledAllowance(const std::string& user, MonotonicTime now);
  void CloseStream(const std::string& user);

  const UserLimits limits_;

  std::mutex mutex_;  // guards the following
  int streams_ = 0;
  std::map<std::string, int> streams_of_users_;  // of those who have one
  std::map<std::string, Allowance> allowances_;
};

}  // namespace descent
