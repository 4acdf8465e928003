// WatchJobs of several jobs: it follows the events of all jobs in the order in which they were
// stored, whose place is the resume token, and looks at the jobs that are not at their end for what
// changes without an event.
#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "coordinator/blocking_stream.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_selection.h"
#include "coordinator/job_view.h"
#include "coordinator/request_error.h"
#include "coordinator/watch_resume.h"
#include "coordinator/watch_streams.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kJobsInterval{250};
constexpr int kLooksPerQueue = 8;  // the places in a long queue take time to find
constexpr int kEventsOfMessageMax = 100;
constexpr std::size_t kJobsOfBatch = 16;  // copied at a time

// What of a job changes without an event, and by what events are known.
struct Mark {
  std::int64_t revision = 0;
  std::int64_t step = 0;
  std::int64_t save_requests_done = 0;
  int queue_position = 0;

  bool operator==(const Mark&) const = default;
};

Mark MarkOf(const Job& job, int queue_position) {
  return {.revision = job.revision,
          .step = job.step,
          .save_requests_done = job.attempt.save_requests_done,
          .queue_position = queue_position};
}

struct LiveJob {
  std::string id;
  bool is_selected = false;
  bool is_waiting = false;
  Mark mark;
};

struct Look {
  std::int64_t last_event = 0;
  std::vector<LiveJob> live;  // of a selection by name only those; else all
};

struct Beginning {
  std::int64_t last_event = 0;
  std::optional<std::string> missing;  // of those that are named
  // The jobs that are selected, oldest first, and their revisions.
  std::vector<std::pair<std::string, std::int64_t>> jobs;
};

// A version that is to be sent.
struct Entry {
  std::string job_id;
  std::optional<PassedState> state;  // that the job came to; none: as it is
  // Of one without a state: if the job has another revision by now, its events tell.
  std::optional<std::int64_t> revision;
  std::optional<std::int64_t> place;  // up to which event everything is sent with it
};

using FoundJobs = std::vector<std::optional<JobInQueue>>;  // nothing: it is gone

FoundJobs FindJobs(const State& state, const std::vector<std::string>& job_ids) {
  FoundJobs found;
  std::optional<std::map<std::string, QueuePosition>> queue;
  for (const std::string& job_id : job_ids) {
    const Job* job = state.FindJob(job_id);
    found.emplace_back();
    if (job == nullptr) continue;
    found.back() = JobInQueue{*job, std::nullopt};
    if (!IsWaiting(job->state)) continue;
    if (!queue) queue = state.QueuePositions();
    const auto position = queue->find(job_id);
    if (position != queue->end()) found.back()->queue_position = position->second;
  }
  return found;
}

RequestError Expired(std::int64_t place) {
  return TokenExpired({.uid = std::string(WatchToken::kAllJobs), .last_event = place},
                      "the events before it are no longer stored",
                      {.uid = std::string(WatchToken::kAllJobs)});
}

class WatchCall final : public BlockingStream<v1::Job> {
 public:
  WatchCall(Runtime& runtime, boost::asio::thread_pool& threads,
            const v1::WatchJobsRequest& request)
      : BlockingStream(threads), runtime_(runtime), request_(request) {}

 private:
  void Begin() override {
    if (const auto error = FindBeginning()) return Finish(ToGrpcStatus(*error));
    GoOn();
  }

  std::optional<RequestError> FindBeginning() {
    auto parsed =
        JobSelection::Parse({request_.names().begin(), request_.names().end()}, request_.filter());
    if (auto* error = std::get_if<RequestError>(&parsed)) return std::move(*error);
    selection_ = std::make_shared<const JobSelection>(std::get<JobSelection>(std::move(parsed)));
    if (!request_.resume_token().empty()) {
      Result<WatchToken> token = ParseWatchToken(request_.resume_token());
      if (!token.ok() || token.value().uid != WatchToken::kAllJobs)
        return TokenInvalid(request_.resume_token(), "several jobs");
      place_ = token.value().last_event;
    }
    const Result<Beginning> found = AskForBeginning();
    if (!found.ok()) return ToRequestError(found.status());
    if (found.value().missing) return JobNotFound(*found.value().missing);
    events_until_ = found.value().last_event;
    if (!request_.resume_token().empty())
      return place_ > events_until_ ? std::optional(Expired(place_)) : std::nullopt;
    place_ = events_until_;
    for (const auto& [job_id, revision] : found.value().jobs)
      entries_.push_back({.job_id = job_id, .state = {}, .revision = revision, .place = {}});
    if (!entries_.empty()) entries_.back().place = place_;
    return std::nullopt;
  }

  Result<Beginning> AskForBeginning() {
    return runtime_.Ask<Beginning>(
        [&runtime = runtime_, selection = selection_](const State& state) -> Result<Beginning> {
          Beginning beginning{.last_event = runtime.last_event()};
          for (const std::string& job_id : selection->job_ids())
            if (state.FindJob(job_id) == nullptr) beginning.missing = job_id;
          for (const Job* job : state.jobs())
            if (selection->Includes(*job)) beginning.jobs.emplace_back(job->id, job->revision);
          std::ranges::reverse(beginning.jobs);
          return beginning;
        });
  }

  void GoOn() override {
    while (!FinishIfAsked()) {
      if (!versions_.empty()) return SendVersion();
      Status status;
      if (!entries_.empty()) {
        status = EncodeSome();
      } else if (place_ < events_until_) {
        status = ReadEvents();
      } else if (const auto rest = look_time_ + kJobsInterval - MonotonicNow(); rest.count() > 0) {
        return GoOnAfter(std::chrono::ceil<std::chrono::milliseconds>(rest));
      } else {
        status = LookForNews();
        if (status.ok() && IsOver()) return Finish(grpc::Status::OK);
        if (status.ok() && request_.allow_bookmarks() && IsQuiet() && HasNothingToSend())
          versions_.push_back(MakeBookmark());
      }
      if (!status.ok()) return Finish(ToGrpcStatus(status));
    }
  }

  void SendVersion() {
    message_ = std::move(versions_.front());
    versions_.pop_front();
    Send(message_);
  }

  v1::Job MakeBookmark() const {
    v1::Job bookmark;
    bookmark.set_resume_token(TokenText(place_));
    return bookmark;
  }

  const v1::Job* Bookmark() override {
    const bool has_begun = selection_ != nullptr;
    if (!has_begun || !request_.allow_bookmarks() || !entries_.empty() || !versions_.empty())
      return nullptr;
    message_ = MakeBookmark();
    return &message_;
  }

  bool HasNothingToSend() const { return entries_.empty() && place_ == events_until_; }
  bool IsOver() const { return HasNothingToSend() && selection_->IsByName() && !has_live_; }

  static std::string TokenText(std::int64_t place) {
    return WatchToken{.uid = std::string(WatchToken::kAllJobs), .last_event = place}.ToText();
  }

  Status EncodeSome() {
    std::vector<std::string> job_ids;
    for (std::size_t i = 0; i < std::min(entries_.size(), kJobsOfBatch); ++i)
      job_ids.push_back(entries_[i].job_id);
    DESCENT_ASSIGN(const FoundJobs found,
                   runtime_.Ask<FoundJobs>([job_ids](const State& state) -> Result<FoundJobs> {
                     return FindJobs(state, job_ids);
                   }));
    for (const std::optional<JobInQueue>& job : found) {
      const Entry entry = std::move(entries_.front());
      entries_.pop_front();
      if (!job || (entry.revision && *entry.revision != job->job.revision)) continue;
      if (IsWanted(job->job)) versions_.push_back(VersionOfEntry(*job, entry));
    }
    return Status();
  }

  // One that was sent and is not selected any more is sent once more.
  bool IsWanted(const Job& job) {
    if (!selection_->Includes(job)) return sent_.erase(job.id) > 0;
    sent_.insert(job.id);
    return true;
  }

  v1::Job VersionOfEntry(const JobInQueue& found, const Entry& entry) {
    const Job& job = found.job;
    if (!IsTerminal(job.state))
      marks_[job.id] = MarkOf(job, found.queue_position ? found.queue_position->position : 0);
    v1::Job version = ToProto(job, found.queue_position);
    if (entry.state && entry.state->state != job.state) version = VersionOf(version, *entry.state);
    version.clear_resume_token();
    if (entry.place) version.set_resume_token(TokenText(*entry.place));
    return version;
  }

  // The next page of them becomes entries. Of events in a row that leave a job in its state the
  // last counts.
  Status ReadEvents() {
    DESCENT_ASSIGN(const std::vector<StoredEvent> page,
                   runtime_.EventsOfAll(place_, kEventsOfMessageMax));
    for (const StoredEvent& event : page) {
      if (event.sequence > events_until_) break;
      place_ = event.sequence;
      if (selection_->IsByName() && !selection_->Names(event.job_id)) continue;
      const std::optional<JobState> state = JobStateFromName(event.to_state);
      if (!state) continue;
      const bool is_the_same = !entries_.empty() && entries_.back().job_id == event.job_id &&
                               entries_.back().state && entries_.back().state->state == *state;
      if (is_the_same) entries_.pop_back();
      entries_.push_back({.job_id = event.job_id,
                          .state = PassedState{.sequence = event.sequence,
                                               .state = *state,
                                               .reason = event.reason,
                                               .message = event.message},
                          .revision = {},
                          .place = event.sequence});
    }
    if (std::ssize(page) < kEventsOfMessageMax) place_ = events_until_;
    return Status();
  }

  Status LookForNews() {
    look_time_ = MonotonicNow();
    const bool looks_at_queue = looks_++ % kLooksPerQueue == 0;
    DESCENT_ASSIGN(Look look, AskForLook(looks_at_queue));
    events_until_ = look.last_event;
    has_live_ = !look.live.empty();
    std::map<std::string, Mark> marks;
    for (LiveJob& job : look.live) {
      const auto known = marks_.find(job.id);
      if (known != marks_.end() && job.is_waiting && !looks_at_queue)
        job.mark.queue_position = known->second.queue_position;
      if (!job.is_selected && !sent_.contains(job.id)) continue;
      // The states of a job come from its events, in order.
      const bool has_state_ahead =
          place_ < events_until_ &&
          (known == marks_.end() || known->second.revision != job.mark.revision);
      const bool has_changed = known == marks_.end() || known->second != job.mark;
      if (has_changed && !has_state_ahead)
        entries_.push_back(
            {.job_id = job.id, .state = {}, .revision = job.mark.revision, .place = place_});
      if (known != marks_.end()) marks.insert(*known);
    }
    marks_ = std::move(marks);
    return Status();
  }

  Result<Look> AskForLook(bool looks_at_queue) {
    return runtime_.Ask<Look>([&runtime = runtime_, selection = selection_,
                               looks_at_queue](const State& state) -> Result<Look> {
      Look look{.last_event = runtime.last_event(), .live = {}};
      std::map<std::string, QueuePosition> queue;
      if (looks_at_queue) queue = state.QueuePositions();
      for (const Job* job : state.jobs()) {
        if (IsTerminal(job->state)) continue;
        const bool is_selected = selection->Includes(*job);
        if (selection->IsByName() && !is_selected) continue;
        const auto position = queue.find(job->id);
        look.live.push_back(
            {.id = job->id,
             .is_selected = is_selected,
             .is_waiting = IsWaiting(job->state),
             .mark = MarkOf(*job, position == queue.end() ? 0 : position->second.position)});
      }
      return look;
    });
  }

  Runtime& runtime_;
  const v1::WatchJobsRequest request_;
  std::shared_ptr<const JobSelection> selection_;  // shared with questions that are on their way
  std::int64_t place_ = 0;         // up to this event everything is among the entries, or was sent
  std::int64_t events_until_ = 0;  // the last that is to be read
  std::deque<Entry> entries_;
  std::deque<v1::Job> versions_;       // of entries, in their order
  std::map<std::string, Mark> marks_;  // by job: as it was sent last; of those not at their end
  std::set<std::string> sent_;         // jobs that were selected when they were sent last
  bool has_live_ = true;               // some that are selected by name are not at their end
  int looks_ = 0;
  MonotonicTime look_time_{};
  v1::Job message_;  // owned by the write in progress
};

}  // namespace

grpc::ServerWriteReactor<v1::Job>* StartJobsWatch(Runtime& runtime, StreamSet& streams,
                                                  boost::asio::thread_pool& threads,
                                                  const grpc::CallbackServerContext& context,
                                                  const v1::WatchJobsRequest& request) {
  return LaunchStream<WatchCall>(streams, context, runtime, threads, request);
}

}  // namespace descent
