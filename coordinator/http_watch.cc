#include "coordinator/http_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "coordinator/failure_log.h"
#include "coordinator/http_query.h"
#include "coordinator/http_response.h"
#include "coordinator/job_filter.h"
#include "coordinator/job_list.h"
#include "coordinator/job_refusal.h"
#include "coordinator/job_view.h"
#include "coordinator/list_news.h"
#include "coordinator/log_news.h"
#include "coordinator/log_request.h"
#include "coordinator/resource_name.h"
#include "coordinator/status_json.h"
#include "coordinator/watch_cursor.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kStreamsMax = 128;
constexpr std::chrono::seconds kWatchRetryDelay{5};
constexpr std::size_t kTopicsMax = 64;
constexpr std::chrono::milliseconds kStatusInterval{1000};
constexpr std::chrono::seconds kQuietMax{15};
constexpr int kListedJobs = 100;
constexpr int kEventsOfMessageMax = 500;
constexpr int kPointsOfEventMax = 1000;  // of each name

enum class JobPart { kItself, kEvents, kMetrics, kLogs };

using WatchedJobs = std::map<std::string, Result<JobInQueue>>;  // by name

struct JobTopic {
  std::string job_id;
  std::string uid;  // another job may get the name
  JobPart part = JobPart::kItself;
  std::string sent;                                // of kItself: its fingerprint
  std::map<std::string, std::int64_t> next_steps;  // of kMetrics: by name
  std::unique_ptr<LogNews> log;                    // of kLogs
  bool is_gone = false;
};

// Of the topic job/JOB/NAME; "" is that of job/JOB.
std::optional<JobPart> PartNamed(std::string_view name) {
  if (name.empty()) return JobPart::kItself;
  if (name == "events") return JobPart::kEvents;
  if (name == "metrics") return JobPart::kMetrics;
  if (name == "logs") return JobPart::kLogs;
  return std::nullopt;
}

RequestError RefuseWatch(Code code, std::string message, std::string reason) {
  return {Status(code, std::move(message)), std::move(reason), {}, {}};
}

RequestError TooManyWatches() {
  RequestError error =
      RefuseWatch(Code::kResourceExhausted,
                  fmt::format("{} streams are open, which is the most; try later", kStreamsMax),
                  "TOO_MANY_STREAMS");
  error.metadata["limit"] = std::to_string(kStreamsMax);
  error.retry_delay = kWatchRetryDelay;
  return error;
}

std::string EventText(std::string_view type, std::string_view data, const std::string& id = "") {
  return (id.empty() ? "" : fmt::format("id: {}\n", id)) +
         fmt::format("event: {}\ndata: {}\n\n", type, data);
}

// {"job":"jobs/a", and what `message` has besides.
std::string OfJob(const std::string& job_id, const google::protobuf::Message& message) {
  return fmt::format("{{\"job\":\"{}\",{}", JobName(job_id), ToJson(message).substr(1));
}

// Up to which step everything is there. A curve with as many points as a message may have goes on
// behind it, so the others do not count.
std::int64_t LastStepOf(const std::vector<MetricCurve>& curves) {
  std::optional<std::int64_t> last_of_cut;
  std::int64_t last = 0;
  for (const MetricCurve& curve : curves) {
    const std::int64_t step = curve.points.back().step;
    last = std::max(last, step);
    if (std::ssize(curve.points) >= kPointsOfEventMax)
      last_of_cut = std::min(last_of_cut.value_or(step), step);
  }
  return last_of_cut.value_or(last);
}

// Over all servers of this process.
std::atomic<int> open_streams = 0;

class Watch final : public HttpEvents {
 public:
  Watch(std::shared_ptr<const HttpBackend> backend, JobFilter jobs_filter, WatchCursor cursor)
      : backend_(std::move(backend)),
        jobs_filter_(std::move(jobs_filter)),
        cursor_(std::move(cursor)) {
    ++open_streams;
  }
  ~Watch() override { --open_streams; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::optional<RequestError> Add(const std::string& topic);
  std::string Next() override;

 private:
  std::optional<RequestError> Add(const std::string& job_id, JobPart part);
  std::string NextStatus();
  std::string NextJobs();
  std::string NextWorkers();
  std::string NextOf(JobTopic& topic, WatchedJobs& found);
  std::string Deleted(const std::string& job_id);
  std::string NextJob(JobTopic& topic, const JobInQueue& found);
  std::string NextEvents(const JobTopic& topic);
  std::string NextMetrics(JobTopic& topic);
  std::string NextLines(JobTopic& topic, const Job& job);

  const std::shared_ptr<const HttpBackend> backend_;
  const JobFilter jobs_filter_;
  WatchCursor cursor_;
  bool wants_status_ = false;
  bool wants_jobs_ = false;
  bool wants_workers_ = false;
  std::vector<JobTopic> job_topics_;
  ListNews jobs_{"jobs"};
  ListNews workers_{"workers"};
  Clock::time_point status_time_;
  Clock::time_point workers_time_;
  Clock::time_point last_time_ = Clock::now();  // when something was sent
};

std::optional<RequestError> Watch::Add(const std::string& topic) {
  if (topic == "status") return wants_status_ = true, std::nullopt;
  if (topic == "jobs") return wants_jobs_ = true, std::nullopt;
  if (topic == "workers") return wants_workers_ = true, std::nullopt;
  const std::vector<std::string> parts = SplitList(topic, '/');
  const bool is_of_job = (parts.size() == 2 || parts.size() == 3) && parts[0] == "job";
  const auto part = is_of_job ? PartNamed(parts.size() == 3 ? parts[2] : "") : std::nullopt;
  if (!part)
    return RefuseWatch(
        Code::kInvalidArgument,
        "topic \"" + topic +
            "\" is unknown; there are status, jobs, workers, job/JOB, job/JOB/events, "
            "job/JOB/metrics and job/JOB/logs",
        "TOPICS_INVALID");
  return Add(parts[1], *part);
}

std::optional<RequestError> Watch::Add(const std::string& job_id, JobPart part) {
  const Result<JobInQueue> job = backend_->job(job_id);
  if (!job.ok()) return RefuseJob(job.status(), job_id, nullptr);
  const std::string uid = UidOf(job.value().job);
  cursor_.Adopt(job_id, uid.substr(0, WatchCursor::kUidCharacters));
  JobTopic& topic = job_topics_.emplace_back();
  topic.job_id = job_id;
  topic.uid = uid;
  topic.part = part;
  if (part != JobPart::kLogs) return std::nullopt;
  const auto line = cursor_.lines.find(job_id);
  topic.log = std::make_unique<LogNews>(*backend_->logs, job_id,
                                        line == cursor_.lines.end() ? 0 : line->second);
  return std::nullopt;
}

std::string Watch::Next() {
  const auto now = Clock::now();
  std::string news;
  if (wants_status_ && now - status_time_ >= kStatusInterval) {
    status_time_ = now;
    news += NextStatus();
  }
  if (wants_jobs_) news += NextJobs();
  if (wants_workers_ && now - workers_time_ >= kStatusInterval) {
    workers_time_ = now;
    news += NextWorkers();
  }
  WatchedJobs found;
  for (JobTopic& topic : job_topics_) news += NextOf(topic, found);
  if (news.empty() && now - last_time_ >= kQuietMax) news = ": nothing new\n\n";
  if (!news.empty()) last_time_ = now;
  return news;
}

std::string Watch::NextStatus() {
  const auto snapshot = backend_->recent_snapshot();
  if (!snapshot.ok()) return "";
  return EventText("status", StatusJson(*snapshot.value(), backend_->process(),
                                        backend_->health().Overall().ok()));
}

std::string Watch::NextJobs() {
  const auto snapshot = backend_->recent_snapshot();
  if (!snapshot.ok()) return "";
  int listed = 0;
  for (const Job& job : snapshot.value()->jobs) {
    if (listed >= kListedJobs && IsTerminal(job.state)) continue;
    if (!jobs_filter_.Matches(job)) continue;
    ++listed;
    v1::Job encoded = ToProto(job, FindQueuePosition(*snapshot.value(), job.id));
    encoded.clear_spec();
    jobs_.Add(encoded.name(), Fingerprint(encoded), [&encoded] { return ToJson(encoded); });
  }
  const auto is_older = [this, &snapshot](const std::string& name) {
    return std::ranges::any_of(snapshot.value()->jobs, [&](const Job& job) {
      return JobName(job.id) == name && jobs_filter_.Matches(job);
    });
  };
  const std::string news = jobs_.Take(is_older);
  return news.empty() ? "" : EventText("jobs", news);
}

// That a worker was heard of is no news.
std::string Watch::NextWorkers() {
  const auto snapshot = backend_->recent_snapshot();
  if (!snapshot.ok()) return "";
  for (const PoolView& pool : snapshot.value()->pools)
    for (const WorkerView& worker : pool.workers) {
      const v1::Worker encoded = ToProto(worker, pool, snapshot.value()->now);
      v1::Worker lasting = encoded;
      lasting.clear_last_heartbeat_age_seconds();
      workers_.Add(encoded.name(), Fingerprint(lasting), [&encoded] { return ToJson(encoded); });
    }
  const std::string news = workers_.Take();
  return news.empty() ? "" : EventText("workers", news);
}

// `found` has the jobs that were asked for already, for topics before this one.
std::string Watch::NextOf(JobTopic& topic, WatchedJobs& found) {
  if (topic.is_gone) return "";
  auto place = found.find(topic.job_id);
  if (place == found.end()) place = found.emplace(topic.job_id, backend_->job(topic.job_id)).first;
  const Result<JobInQueue>& job = place->second;
  if (job.status().code() == Code::kNotFound) return Deleted(topic.job_id);
  if (!job.ok()) return "";
  if (UidOf(job.value().job) != topic.uid) return Deleted(topic.job_id);
  if (topic.part == JobPart::kEvents) return NextEvents(topic);
  if (topic.part == JobPart::kMetrics) return NextMetrics(topic);
  if (topic.part == JobPart::kLogs) return NextLines(topic, job.value().job);
  return NextJob(topic, job.value());
}

// Ends all topics of the job.
std::string Watch::Deleted(const std::string& job_id) {
  for (JobTopic& topic : job_topics_)
    if (topic.job_id == job_id) topic.is_gone = true;
  return EventText("deleted", fmt::format("{{\"job\":\"{}\"}}", JobName(job_id)));
}

std::string Watch::NextJob(JobTopic& topic, const JobInQueue& found) {
  const Job& job = found.job;
  v1::Job encoded = ToProto(job, found.queue_position);
  std::string fingerprint = Fingerprint(encoded);
  if (fingerprint == topic.sent) return "";
  topic.sent = std::move(fingerprint);
  if (const auto lines = LinesOfFailedRank(job)) AddLogTail(*backend_->logs, *lines, encoded);
  return EventText("job", ToJson(encoded));
}

std::string Watch::NextEvents(const JobTopic& topic) {
  std::int64_t& last = cursor_.events[topic.job_id];
  v1::ListJobEventsRequest request;
  request.set_page_size(kEventsOfMessageMax);
  if (last > 0) request.set_page_token(std::to_string(last));
  const auto page = ListEventsPage(request, [&](std::int64_t after, int count_max) {
    return backend_->events(topic.job_id, after, count_max);
  });
  const auto* found = std::get_if<v1::ListJobEventsResponse>(&page);
  if (found == nullptr || found->events().empty()) return "";
  last = found->events().rbegin()->sequence();
  return EventText("events", OfJob(topic.job_id, *found), cursor_.ToText());
}

std::string Watch::NextMetrics(JobTopic& topic) {
  std::int64_t& step = cursor_.steps[topic.job_id];
  const auto news = backend_->metric_news({.job_id = topic.job_id,
                                           .names = {},
                                           .first_step = step,
                                           .next_steps = topic.next_steps,
                                           .points_max = kPointsOfEventMax});
  if (!news.ok() || news.value().empty()) return "";
  for (const MetricCurve& curve : news.value())
    topic.next_steps[curve.name] = curve.points.back().step + 1;
  step = std::max(step, LastStepOf(news.value()));
  return EventText("metrics", OfJob(topic.job_id, ToProto(news.value())), cursor_.ToText());
}

std::string Watch::NextLines(JobTopic& topic, const Job& job) {
  const Result<LogNewsPage> page = topic.log->Next();
  if (!page.ok()) return "";
  std::string news;
  if (page.value().oldest)
    news = EventText("gap", fmt::format("{{\"job\":\"{}\",\"oldestLine\":\"{}\"}}",
                                        JobName(topic.job_id), *page.value().oldest));
  if (page.value().lines.empty()) return news;
  cursor_.lines[topic.job_id] = page.value().next;
  return news +
         EventText("logs",
                   OfJob(topic.job_id, MakeLogResponse(job, page.value().lines, page.value().next)),
                   cursor_.ToText());
}

}  // namespace

std::variant<std::unique_ptr<HttpEvents>, RequestError> StartWatch(
    std::shared_ptr<const HttpBackend> backend, const WatchOptions& options) {
  const std::vector<std::string>& topics = options.topics;
  if (topics.empty() || topics.size() > kTopicsMax)
    return RefuseWatch(
        Code::kInvalidArgument,
        fmt::format("topics has {} topics, must have 1 to {}", topics.size(), kTopicsMax),
        "TOPICS_INVALID");
  auto filter = ParseJobFilter(options.filter);
  if (auto* error = std::get_if<RequestError>(&filter)) return std::move(*error);
  Result<WatchCursor> parsed = ParseWatchCursor(options.cursor);
  if (!parsed.ok()) return RequestError{parsed.status(), "CURSOR_INVALID", {}, {}};
  if (open_streams >= kStreamsMax) return TooManyWatches();
  auto watch = std::make_unique<Watch>(std::move(backend), std::get<JobFilter>(std::move(filter)),
                                       std::move(parsed).value());
  for (const std::string& topic : topics)
    if (auto error = watch->Add(topic)) return *std::move(error);
  return std::unique_ptr<HttpEvents>(std::move(watch));
}

int OpenWatches() { return open_streams; }

}  // namespace descent
