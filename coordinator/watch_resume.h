#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "coordinator/event_log.h"
#include "coordinator/job.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"

namespace descent {

// Up to where somebody has watched a job: "9c1e…@17" is the job with that uid, and event 17 of all
// that are stored.
struct WatchToken {
  std::string uid;
  std::int64_t last_event = 0;

  std::string ToText() const;
};

// kInvalidArgument: the text is not of that form.
Result<WatchToken> ParseWatchToken(std::string_view text);

// OUT_OF_RANGE, CURSOR_EXPIRED: another job has the name by now, or events after `last_event`, the
// newest that is stored, were lost with the store they were in. Its `oldest_token` goes on with all
// that is known of the job.
std::optional<RequestError> CheckToken(const WatchToken& token, const Job& job,
                                       std::int64_t last_event);

// The states that a job was in and has left again: for each of them the job as it is `now`, but for
// the state, its reason and its message. `events` are of the job, ascending; the newest change of
// state led to what is `now`.
std::vector<v1::Job> VersionsPassed(const v1::Job& now, const std::string& uid,
                                    const std::vector<StoredEvent>& events);

}  // namespace descent
