#include "coordinator/user_limiter.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

namespace descent {
namespace {

// Streams end when people look away, which is not foreseeable.
constexpr std::chrono::seconds kStreamRetryDelay{5};
// Users whose allowance is remembered, before those are forgotten who have all of it.
constexpr std::size_t kAllowancesMax = 1024;

RequestError TooManyStreams(std::string message, int limit) {
  RequestError error{Status(Code::kResourceExhausted, std::move(message)),
                     "TOO_MANY_STREAMS",
                     {},
                     {{"limit", std::to_string(limit)}}};
  error.retry_delay = kStreamRetryDelay;
  return error;
}

}  // namespace

std::variant<StreamPlace, RequestError> UserLimiter::OpenStream(const Caller& caller) {
  const std::lock_guard lock(mutex_);
  if (streams_ >= limits_.streams_max)
    return TooManyStreams(
        std::to_string(streams_) + " streams are open, which is the most; try again later",
        limits_.streams_max);
  // A caller without a name is one of many who are not told apart.
  const bool is_counted = !caller.name.empty();
  const auto known = streams_of_users_.find(caller.name);
  if (is_counted && known != streams_of_users_.end() &&
      known->second >= limits_.streams_of_user_max)
    return TooManyStreams(caller.name + " has " + std::to_string(known->second) +
                              " streams open, which is the most; end one, or try again later",
                          limits_.streams_of_user_max);
  ++streams_;
  if (is_counted) ++streams_of_users_[caller.name];
  return StreamPlace(this, [this, user = caller.name](void*) { CloseStream(user); });
}

void UserLimiter::CloseStream(const std::string& user) {
  const std::lock_guard lock(mutex_);
  --streams_;
  const auto known = streams_of_users_.find(user);
  if (known != streams_of_users_.end() && --known->second == 0) streams_of_users_.erase(known);
}

std::optional<RequestError> UserLimiter::CountChange(const Caller& caller, MonotonicTime now) {
  if (caller.role == Role::kAdmin || limits_.changes_per_second == 0) return std::nullopt;
  double missing_calls = 0;
  {
    const std::lock_guard lock(mutex_);
    Allowance& allowance = RefilledAllowance(caller.name, now);
    missing_calls = 1 - allowance.calls;
    if (missing_calls <= 0) --allowance.calls;
  }
  if (missing_calls <= 0) return std::nullopt;
  const std::chrono::milliseconds delay(
      static_cast<std::int64_t>(std::ceil(1000 * missing_calls / limits_.changes_per_second)));
  RequestError error{
      Status(Code::kResourceExhausted, caller.name + " changes too much too fast; try again in " +
                                           std::to_string(delay.count()) + " ms"),
      "RATE_LIMITED",
      {},
      {{"retry_milliseconds", std::to_string(delay.count())}}};
  error.retry_delay = delay;
  return error;
}

UserLimiter::Allowance& UserLimiter::RefilledAllowance(const std::string& user, MonotonicTime now) {
  const double burst = limits_.changes_burst;
  const auto refilled = [&](const Allowance& old) {
    return std::min(burst, old.calls + SecondsBetween(old.time, now) * limits_.changes_per_second);
  };
  if (allowances_.size() >= kAllowancesMax && !allowances_.contains(user))
    std::erase_if(allowances_, [&](const auto& entry) { return refilled(entry.second) == burst; });
  Allowance& allowance = allowances_.try_emplace(user, Allowance{burst, now}).first->second;
  allowance = {refilled(allowance), now};
  return allowance;
}

int UserLimiter::LiveJobsMax(const Caller& caller) const {
  if (limits_.live_jobs_max) return *limits_.live_jobs_max;
  return caller.role == Role::kAdmin ? 0 : UserLimits::kLiveJobsMax;
}

}  // namespace descent
