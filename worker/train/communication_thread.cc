#include "worker/train/communication_thread.h"

#include <utility>

namespace descent {

CommunicationThread::CommunicationThread(TraceTrack* trace)
    : trace_(trace), thread_([this] { Run(); }) {}

CommunicationThread::~CommunicationThread() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    tasks_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void CommunicationThread::Post(const TraceLabel& label, std::function<Status()> task,
                               std::int64_t number, Start start) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({&label, number, std::move(task)});
    if (start == Start::kWhenWaitedFor) return;
    is_woken_ = true;
  }
  changed_.notify_all();
}

Status CommunicationThread::WaitAll() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !is_running_task_; });
    if (tasks_.empty()) return first_failure_;
    RunNext(lock);
  }
}

Status CommunicationThread::Perform(const Task& task) {
  const TraceSpan span(trace_, *task.label, task.number);
  return task.run();
}

void CommunicationThread::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_ending_ || (is_woken_ && !is_running_task_); });
    if (is_ending_) return;
    while (!tasks_.empty() && !is_ending_) RunNext(lock);
    is_woken_ = false;
    changed_.notify_all();
  }
}

// While nobody runs another.
void CommunicationThread::RunNext(std::unique_lock<std::mutex>& lock) {
  const Task task = std::move(tasks_.front());
  tasks_.pop_front();
  is_running_task_ = true;
  const bool is_skipped = !first_failure_.ok();

  lock.unlock();
  const Status status = is_skipped ? Status() : Perform(task);
  lock.lock();

  is_running_task_ = false;
  if (!status.ok()) first_failure_ = status;
}

}  // namespace descent
