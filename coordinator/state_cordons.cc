// State's part that keeps workers from new jobs, and moves the job of one that is drained or
// leaves. The job gives way as if it were preempted: its ranks save its state and are released, it
// goes back into the queue, and starts again on ranks that take jobs once there are enough.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "coordinator/state.h"

namespace descent {

namespace {

std::string LeaveCause(const WorkerView& leaver, const std::string& reason) {
  return fmt::format("because worker {} leaves: {}", leaver.name(), reason);
}

}  // namespace

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
      if (worker.cordon == Cordon::kNone) SetCordon(worker, Cordon::kCordoned, "WorkerCordoned");
      break;
    case WorkerCommand::kUncordon:
      SetCordon(worker, Cordon::kNone, "WorkerUncordoned");
      is_schedule_due_ = true;
      break;
    case WorkerCommand::kDrain:
      SetCordon(worker, Cordon::kDraining, "WorkerDrained");
      Vacate(worker, kDrained, fmt::format("so that worker {} is free", worker.name()));
      break;
  }
}

void State::SetCordon(WorkerView& worker, Cordon cordon, std::string audit_type,
                      const std::string& cause) {
  if (worker.cordon == cordon) return;
  worker.cordon = cordon;
  const CordonRecord record{.pool = worker.pool, .world_rank = worker.world_rank, .cordon = cordon};
  cordons_.Set(record, now_.monotonic);
  actions_.push_back(StoreCordon{record});
  StoreAuditOf(std::move(audit_type),
               fmt::format("pools/{}/workers/{}", worker.pool, worker.world_rank),
               fmt::format("worker {}{}{}", worker.name(), cause.empty() ? "" : ": ", cause));
}

void State::Vacate(const WorkerView& worker, std::string_view reason, const std::string& cause) {
  const auto attempt = attempts_.find(worker.job_id);
  if (attempt == attempts_.end()) return;
  // What ends already does so by itself, and then cannot come back to this worker.
  if (attempt->second.stop || IsEnding(JobOf(attempt->second).state)) return;
  GiveWay(attempt->second, reason, cause);
}

// MPI's world ends with the first process that leaves it: before, all jobs of the pool are saved.
void State::LeaveTogether(const WorkerView& leaver, const std::string& reason) {
  const std::string cause = LeaveCause(leaver, reason);
  const std::vector<PoolView> pools = membership_.pools();
  const auto pool = std::ranges::find(pools, leaver.pool, &PoolView::name);
  for (const WorkerView& member : pool->workers) {
    const SessionId session = *membership_.HolderOf(member.pool, member.world_rank);
    WorkerView& worker = *membership_.Find(session);
    if (!worker.leaving) {
      worker.leaving = cause;
      actions_.push_back(SendToWorker{.session = session, .message = Leave{cause}});
    }
    Vacate(worker, kWorkerLeaving, cause);
  }
}

std::optional<std::string> State::CauseToLeave(const WorkerView& worker,
                                               const Register& message) const {
  if (message.leaving) return LeaveCause(worker, *message.leaving);
  const WorkerView* const leaver = membership_.FindLeaver(message.pool);
  if (leaver == nullptr) return std::nullopt;
  return LeaveCause(*leaver, *leaver->leaving);
}

}  // namespace descent
