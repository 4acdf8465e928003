// State's part that keeps workers from new jobs, and moves the job of one that is drained. The job
// gives way as if it were preempted: its ranks save its state and are released, it goes back into
// the queue, and starts again on ranks that take jobs once there are enough.
#include <spdlog/fmt/fmt.h>

#include <utility>

#include "coordinator/state.h"

namespace descent {

void State::On(const CommandWorker& event) {
  Answer answer{.ticket = event.ticket};
  if (const auto session = membership_.HolderOf(event.pool, event.world_rank)) {
    Obey(*membership_.Find(*session), event.command);
  } else {
    answer.status = Status(
        Code::kNotFound, fmt::format("pool \"{}\" has no worker {}", event.pool, event.world_rank));
  }
  actions_.push_back(std::move(answer));
}

void State::Obey(WorkerView& worker, WorkerCommand command) {
  switch (command) {
    case WorkerCommand::kCordon:
      // One that is drained is cordoned already.
      if (worker.cordon == Cordon::kNone) SetCordon(worker, Cordon::kCordoned);
      break;
    case WorkerCommand::kUncordon:
      SetCordon(worker, Cordon::kNone);
      is_schedule_due_ = true;
      break;
    case WorkerCommand::kDrain:
      SetCordon(worker, Cordon::kDraining);
      Vacate(worker);
      break;
  }
}

void State::SetCordon(WorkerView& worker, Cordon cordon) {
  if (worker.cordon == cordon) return;
  worker.cordon = cordon;
  const CordonRecord record{.pool = worker.pool, .world_rank = worker.world_rank, .cordon = cordon};
  cordons_.Set(record, now_.monotonic);
  actions_.push_back(StoreCordon{record});
}

void State::Vacate(const WorkerView& worker) {
  const auto attempt = attempts_.find(worker.job_id);
  if (attempt == attempts_.end()) return;
  // What ends already does so by itself, and then cannot come back to this worker.
  if (attempt->second.stop || IsEnding(JobOf(attempt->second).state)) return;
  GiveWay(attempt->second, kDrained, fmt::format("so that worker {} is free", worker.name()));
}

}  // namespace descent
