#include "client/api/job_watcher.h"

#include <utility>

#include "client/api/away.h"

namespace descent {
namespace {

// A coordinator that is started again is back within seconds; beyond this somebody has to look.
// Of a job whose stream is refused because others are open.
constexpr std::chrono::milliseconds kPollInterval{5000};
constexpr char kTooManyStreams[] = "TOO_MANY_STREAMS";

}  // namespace

JobWatcher::JobWatcher(Client& client, std::string id)
    : client_(client), id_(std::move(id)), thread_([this] { Run(); }) {}

JobWatcher::~JobWatcher() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    if (watch_) watch_->Cancel();
  }
  changed_.notify_all();
  thread_.join();
}

JobWatcher::Update JobWatcher::Wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return !versions_.empty() || error_; });
  Update update{.job = std::nullopt, .error = std::nullopt, .is_connected = is_connected_};
  if (versions_.empty()) {
    update.error = error_;
  } else {
    update.job = std::move(versions_.front());
    versions_.pop_front();
  }
  return update;
}

void JobWatcher::Run() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_ || is_over_) return;
      watch_ = client_.WatchJob(id_, resume_token_);
    }
    ReadStream();
    PauseBeforeRetry();
  }
}

void JobWatcher::ReadStream() {
  JobView job;
  while (watch_->Read(job)) Publish(std::move(job));
  std::optional<ApiError> error = watch_->Finish();
  const bool is_polled = error && error->reason == kTooManyStreams;
  if (is_polled) error = Poll();
  const std::lock_guard lock(mutex_);
  watch_.reset();
  retry_delay_ = is_polled ? kPollInterval : kRetryDelay;
  if (is_over_ || is_stopping_ || (is_polled && !error)) return;
  is_connected_ = false;
  const bool is_away = !error || error->exit_code == ExitCode::kUnreachable;
  if (is_away && std::chrono::steady_clock::now() - last_heard_ < kFollowerAwayMax) return;
  error_ = error.value_or(ApiError{.exit_code = ExitCode::kUnreachable,
                                   .message = "the coordinator ends every watch at once"});
  is_over_ = true;
  changed_.notify_all();
}

void JobWatcher::Publish(JobView job) {
  const std::lock_guard lock(mutex_);
  is_over_ = job.IsTerminal();
  is_connected_ = true;
  resume_token_ = job.resume_token;
  if (!versions_.empty() && versions_.back().state == job.state) versions_.pop_back();
  versions_.push_back(std::move(job));
  last_heard_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

std::optional<ApiError> JobWatcher::Poll() {
  const Reply<JobView> job = client_.GetJob(id_);
  if (!job.ok()) return job.error();
  Publish(job.value());
  return std::nullopt;
}

void JobWatcher::PauseBeforeRetry() {
  std::unique_lock lock(mutex_);
  if (!is_over_) changed_.wait_for(lock, retry_delay_, [this] { return is_stopping_; });
}

}  // namespace descent
