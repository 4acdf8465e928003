#include "coordinator/metric_writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include "common/log.h"

namespace descent {
namespace {

// About 64 MiB; minutes of many fast jobs.
constexpr std::size_t kPointsMax = std::size_t{1} << 20;
// Of what is kept of one job.
constexpr std::size_t kKeptPointsMax = std::size_t{1} << 16;
constexpr double kKeptSecondsMax = 60;
constexpr std::chrono::milliseconds kRetryInterval{250};

}  // namespace

MetricWriter::MetricWriter(MetricStore& store) : store_(store), thread_(&MetricWriter::Run, this) {}

MetricWriter::~MetricWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  given_.notify_one();
  thread_.join();
}

void MetricWriter::Record(const RecordMetrics& metrics) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return waiting_points_ < kPointsMax; });
  waiting_points_ += metrics.points.size();
  Push(metrics);
  last_records_[metrics.job_id] = given_count_;
}

void MetricWriter::Close(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  Push(Closing{.job_id = job_id});
}

void MetricWriter::Remove(const std::string& job_id) {
  {
    const std::lock_guard lock(mutex_);
    Push(Closing{.job_id = job_id, .is_removed = true});
  }
  WaitForAll();
}

void MetricWriter::AfterAll(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (done_count_ < given_count_) return Push(std::move(then));
  }
  then();
}

void MetricWriter::WaitFor(const std::string& job_id) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return !last_records_.contains(job_id); });
}

void MetricWriter::WaitForAll() const {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this, until = given_count_] { return done_count_ >= until; });
}

void MetricWriter::Push(Task task) {
  tasks_.push_back(std::move(task));
  ++given_count_;
  given_.notify_one();
}

void MetricWriter::Run() {
  const auto has_work = [this] { return is_stopping_ || !tasks_.empty(); };
  std::unique_lock lock(mutex_);
  while (true) {
    if (kept_.empty()) {
      given_.wait(lock, has_work);
    } else {
      given_.wait_for(lock, kRetryInterval, has_work);
    }
    if (tasks_.empty() && is_stopping_) break;
    std::deque<Task> tasks = std::exchange(tasks_, {});
    const std::uint64_t until = done_count_ + tasks.size();
    waiting_points_ = 0;
    lock.unlock();
    Perform(std::move(tasks), until);
    lock.lock();
    done_count_ = until;
    std::erase_if(last_records_, [&](const auto& entry) { return entry.second <= until; });
    done_.notify_all();
  }
  lock.unlock();
  StoreKept();
}

// All points of a job are one transaction, but for those before and after its removal.
void MetricWriter::Perform(std::deque<Task> tasks, std::uint64_t until) {
  std::map<std::string, RecordMetrics> records = std::exchange(kept_, {});
  std::vector<std::function<void()>> afterwards;
  for (Task& task : tasks) {
    if (auto* metrics = std::get_if<RecordMetrics>(&task)) {
      RecordMetrics& record = records[metrics->job_id];
      record.job_id = metrics->job_id;
      std::ranges::move(metrics->points, std::back_inserter(record.points));
    } else if (const auto* closing = std::get_if<Closing>(&task)) {
      if (auto record = records.extract(closing->job_id); !record.empty())
        Store(std::move(record.mapped()), until);
      CloseFile(*closing);
    } else {
      afterwards.push_back(std::get<std::function<void()>>(std::move(task)));
    }
  }
  for (auto& [job_id, record] : records) Store(std::move(record), until);
  for (const std::function<void()>& then : afterwards) then();
}

void MetricWriter::Store(RecordMetrics metrics, std::uint64_t until) {
  const std::string job_id = metrics.job_id;
  if (const Status status = store_.Record(metrics, WallNow()); status.ok()) {
    tried_since_.erase(job_id);
  } else {
    Keep(std::move(metrics), status);
  }
  MarkDone(job_id, until);
}

void MetricWriter::Keep(RecordMetrics metrics, const Status& why) {
  const auto since = tried_since_.try_emplace(metrics.job_id, MonotonicNow()).first;
  RecordMetrics& kept = kept_[metrics.job_id];
  kept.job_id = metrics.job_id;
  std::ranges::move(metrics.points, std::back_inserter(kept.points));
  if (why.code() == Code::kUnavailable && kept.points.size() <= kKeptPointsMax &&
      SecondsBetween(since->second, MonotonicNow()) <= kKeptSecondsMax)
    return;
  LogWarning("metrics lost job={} points={} error=\"{}\"", kept.job_id, kept.points.size(),
             why.ToString());
  tried_since_.erase(since);
  kept_.erase(metrics.job_id);
}

// For the last time.
void MetricWriter::StoreKept() {
  for (const auto& [job_id, metrics] : kept_)
    if (const Status status = store_.Record(metrics, WallNow()); !status.ok())
      LogWarning("metrics lost job={} points={} error=\"{}\"", job_id, metrics.points.size(),
                 status.ToString());
}

// Who waits for this job alone does not wait for the others of the round.
void MetricWriter::MarkDone(const std::string& job_id, std::uint64_t until) {
  {
    const std::lock_guard lock(mutex_);
    const auto last = last_records_.find(job_id);
    if (last == last_records_.end() || last->second > until) return;
    last_records_.erase(last);
  }
  done_.notify_all();
}

void MetricWriter::CloseFile(const Closing& closing) {
  if (!closing.is_removed) return store_.Close(closing.job_id);
  kept_.erase(closing.job_id);
  tried_since_.erase(closing.job_id);
  if (const Status removed = store_.Remove(closing.job_id); !removed.ok())
    LogWarning("metrics not removed job={} error=\"{}\"", closing.job_id, removed.ToString());
}

}  // namespace descent
