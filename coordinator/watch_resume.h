#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "coordinator/event_log.h"
#include "coordinator/job.h"
#include "coordinator/job_view.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"

namespace descent {

// Up to where somebody has watched a job: "9c1e…@17" is the job with that uid, and event 17 of all
// that are stored. "all@17" is the same of a watch of several jobs.
struct WatchToken {
  static constexpr std::string_view kAllJobs = "all";  // no uid

  std::string uid;
  std::int64_t last_event = 0;

  std::string ToText() const;
};

// kInvalidArgument: the text is not of that form.
Result<WatchToken> ParseWatchToken(std::string_view text);

// PAGE_TOKEN_INVALID: it is no token of a watch of `what`.
RequestError TokenInvalid(const std::string& token, std::string_view what);

// OUT_OF_RANGE, CURSOR_EXPIRED, with the token that goes on with all that is known.
RequestError TokenExpired(const WatchToken& token, const std::string& why,
                          const WatchToken& oldest);

// OUT_OF_RANGE, CURSOR_EXPIRED: another job has the name by now, or events after `last_event`, the
// newest that is stored, were lost with the store they were in. Its `oldest_token` goes on with all
// that is known of the job.
std::optional<RequestError> CheckToken(const WatchToken& token, const Job& job,
                                       std::int64_t last_event);

// A state that a job was in and has left again.
struct PassedState {
  std::int64_t sequence = 0;  // of the event that led to it
  JobState state = JobState::kQueued;
  std::string reason;
  std::string message;
};

// The job as it is `now`, but for the state, its reason and its message.
v1::Job VersionOf(const v1::Job& now, const PassedState& passed);

// The states that a job has passed after the event `after` and up to the event `last`, of which the
// newest, which led to what is now, is not one. They are read a page at a time, since nothing
// bounds how many there are.
class PassedStates {
 public:
  PassedStates(std::int64_t after, std::int64_t last) : after_(after), last_(last) {}

  // The next of them, ascending; it may be none before the end. `events` is of the job.
  Result<std::vector<PassedState>> ReadPage(const ReadJobEvents& events);
  bool IsAtEnd() const { return is_at_end_; }

 private:
  std::int64_t after_;
  const std::int64_t last_;
  std::optional<PassedState> newest_;  // may be what led to what is now
  bool is_at_end_ = false;
};

}  // namespace descent
