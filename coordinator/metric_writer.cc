#include "coordinator/metric_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/log.h"

namespace descent {
namespace {

// About 64 MiB; minutes of many fast jobs.
constexpr std::size_t kPointsMax = std::size_t{1} << 20;

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
  std::unique_lock lock(mutex_);
  while (true) {
    given_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    std::deque<Task> tasks = std::exchange(tasks_, {});
    const std::size_t count = tasks.size();
    waiting_points_ = 0;
    lock.unlock();
    Perform(std::move(tasks));
    lock.lock();
    done_count_ += count;
    std::erase_if(last_records_, [this](const auto& entry) { return entry.second <= done_count_; });
    done_.notify_all();
  }
}

// All points of a job are one transaction, but for those before and after its removal.
void MetricWriter::Perform(std::deque<Task> tasks) {
  std::map<std::string, RecordMetrics> records;  // by job
  std::vector<std::function<void()>> afterwards;
  for (Task& task : tasks) {
    if (auto* metrics = std::get_if<RecordMetrics>(&task)) {
      RecordMetrics& record = records[metrics->job_id];
      record.job_id = metrics->job_id;
      std::ranges::move(metrics->points, std::back_inserter(record.points));
    } else if (const auto* closing = std::get_if<Closing>(&task)) {
      if (const auto record = records.extract(closing->job_id); !record.empty())
        Store(record.mapped());
      CloseFile(*closing);
    } else {
      afterwards.push_back(std::get<std::function<void()>>(std::move(task)));
    }
  }
  for (const auto& [job_id, record] : records) Store(record);
  for (const std::function<void()>& then : afterwards) then();
}

void MetricWriter::Store(const RecordMetrics& metrics) {
  if (const Status status = store_.Record(metrics, WallNow()); !status.ok())
    LogWarning("metrics lost job={} error=\"{}\"", metrics.job_id, status.ToString());
}

void MetricWriter::CloseFile(const Closing& closing) {
  if (!closing.is_removed) return store_.Close(closing.job_id);
  if (const Status removed = store_.Remove(closing.job_id); !removed.ok())
    LogWarning("metrics not removed job={} error=\"{}\"", closing.job_id, removed.ToString());
}

}  // namespace descent
