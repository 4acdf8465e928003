#include "coordinator/watch_resume.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <utility>

#include "coordinator/excerpt.h"

namespace descent {
namespace {

constexpr int kEventsOfPage = 100;

bool IsOfState(const StoredEvent& event) {
  return event.type == "Created" || event.from_state != event.to_state;
}

}  // namespace

std::string WatchToken::ToText() const { return fmt::format("{}@{}", uid, last_event); }

Result<WatchToken> ParseWatchToken(std::string_view text) {
  const std::size_t separator = text.find('@');
  WatchToken token{.uid = std::string(text.substr(0, separator)), .last_event = -1};
  if (separator != std::string_view::npos) {
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + separator + 1, end, token.last_event);
    if (parsed.ec != std::errc() || parsed.ptr != end) token.last_event = -1;
  }
  if (!token.uid.empty() && token.last_event >= 0) return token;
  return Status(Code::kInvalidArgument,
                fmt::format("resume_token {} is not one of this service", Excerpt(text)));
}

RequestError TokenInvalid(const std::string& token, std::string_view what) {
  return {Status(Code::kInvalidArgument,
                 fmt::format("resume_token {} is not one of a watch of {}", Excerpt(token), what)),
          "PAGE_TOKEN_INVALID",
          {},
          {}};
}

RequestError TokenExpired(const WatchToken& token, const std::string& why,
                          const WatchToken& oldest) {
  RequestError error{Status(Code::kFailedPrecondition,
                            fmt::format("resume_token {} is too old: {}", token.ToText(), why)),
                     "CURSOR_EXPIRED",
                     {},
                     {{"oldest_token", oldest.ToText()}}};
  error.grpc_code = grpc::StatusCode::OUT_OF_RANGE;
  return error;
}

std::optional<RequestError> CheckToken(const WatchToken& token, const Job& job,
                                       std::int64_t last_event) {
  const std::string uid = UidOf(job);
  if (token.uid == uid && token.last_event <= last_event) return std::nullopt;
  const std::string why = token.uid == uid ? "the events before it are no longer stored"
                                           : "the job that it is of was deleted";
  return TokenExpired(token, why, WatchToken{.uid = uid});
}

v1::Job VersionOf(const v1::Job& now, const PassedState& passed) {
  v1::Job version = now;
  version.set_state(ToProto(passed.state));
  version.set_state_reason(passed.reason);
  version.set_state_message(passed.message);
  version.clear_queue_status();
  version.set_resume_token(WatchToken{.uid = now.uid(), .last_event = passed.sequence}.ToText());
  return version;
}

Result<std::vector<PassedState>> PassedStates::ReadPage(const ReadJobEvents& events) {
  DESCENT_ASSIGN(const std::vector<StoredEvent> page, events(after_, kEventsOfPage));
  is_at_end_ = std::ssize(page) < kEventsOfPage || page.back().sequence >= last_;
  std::vector<PassedState> passed;
  for (const StoredEvent& event : page) {
    if (event.sequence > last_) break;
    after_ = event.sequence;
    const std::optional<JobState> state = JobStateFromName(event.to_state);
    if (!IsOfState(event) || !state) continue;
    if (newest_) passed.push_back(*std::move(newest_));
    newest_ = PassedState{.sequence = event.sequence,
                          .state = *state,
                          .reason = event.reason,
                          .message = event.message};
  }
  return passed;
}

}  // namespace descent
