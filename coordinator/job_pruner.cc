#include "coordinator/job_pruner.h"

#include <chrono>
#include <string>
#include <vector>

#include "common/log.h"
#include "common/result.h"
#include "coordinator/job_files.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kPruneInterval{10};

}  // namespace

JobPruner::JobPruner(Runtime& runtime) : runtime_(runtime), thread_([this] { Run(); }) {}

JobPruner::~JobPruner() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool JobPruner::IsStopping() {
  const std::lock_guard lock(mutex_);
  return is_stopping_;
}

void JobPruner::Run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    lock.unlock();
    Prune();
    lock.lock();
    wake_.wait_for(lock, kPruneInterval, [this] { return is_stopping_; });
  }
}

void JobPruner::Prune() {
  const Result<std::vector<ExpiredJob>> expired = runtime_.ExpiredJobs();
  if (!expired.ok()) return;  // the coordinator is busy: the next look is soon
  for (const ExpiredJob& job : expired.value()) {
    if (IsStopping()) return;
    if (const Status deleted = DeleteExpired(runtime_, job); !deleted.ok())
      LogWarning("expired job not deleted job={} error=\"{}\"", job.job_id, deleted.ToString());
  }
}

// The files go first, as in JobService. What came to need the job meanwhile refuses that.
Status DeleteExpired(Runtime& runtime, const ExpiredJob& expired) {
  DESCENT_ASSIGN(const std::string checkpoints, runtime.CheckpointsOfExpired(expired));
  DESCENT_RETURN_IF_ERROR(RemoveJobFiles(runtime.logs(), expired.job_id,
                                         expired.deletes_checkpoints ? checkpoints : ""));
  LogInfo("job expired job={} checkpoints={}", expired.job_id,
          expired.deletes_checkpoints ? "deleted" : "kept");
  runtime.Command(
      {.job_id = expired.job_id, .command = JobCommand::kDelete},
      [](const Answer&, const State&) {},
      [job_id = expired.job_id](const Refusal& refusal) {
        LogWarning("expired job not deleted job={} error=\"{}\"", job_id,
                   refusal.status.ToString());
      });
  return Status();
}

}  // namespace descent
